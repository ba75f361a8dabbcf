//! Under Windows: the data folder of the PC, access lists, the service manager, console events.
//!
//! Without the rights of an administrator the state lies in the user's own folder.

#![expect(
    clippy::disallowed_types,
    clippy::disallowed_methods,
    reason = "the agent's own files and environment, not the PC's answers"
)]

use std::ffi::OsString;
use std::fs::OpenOptions;
use std::io;
use std::os::windows::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use tokio::signal::windows::{CtrlBreak, CtrlC, CtrlClose, CtrlShutdown};
use tokio::sync::watch;
use windows::Win32::Storage::FileSystem::FILE_FLAG_BACKUP_SEMANTICS;
use windows_service::service::{
    PowerEventParam, Service, ServiceAccess, ServiceAction, ServiceActionType, ServiceControl,
    ServiceControlAccept, ServiceErrorControl, ServiceExitCode, ServiceFailureActions,
    ServiceFailureResetPeriod, ServiceInfo, ServiceStartType, ServiceState, ServiceStatus, ServiceType,
};
use windows_service::service_control_handler::{self, ServiceControlHandlerResult};
use windows_service::service_manager::{ServiceManager, ServiceManagerAccess};
use windows_service::{define_windows_service, service_dispatcher};

#[path = "windows/access.rs"]
mod access;
#[path = "windows/places.rs"]
mod places;
#[path = "windows/quiet.rs"]
mod quiet;
#[path = "windows/setup.rs"]
mod setup;
#[path = "windows/window.rs"]
pub mod window;

use super::ServiceWork;

use places::Place;

pub use access::is_administrator;
pub use quiet::be_quiet;
pub use setup::Setup;

/// What the service manager calls the agent.
const NAME: &str = "sansang-agent";
/// What an administrator reads in the list of services.
const TITLE: &str = "Sẵn Sàng";
const ABOUT: &str =
    "Kiểm tra máy tính và gửi kết quả về đơn vị quản lý. (Checks this PC and reports to its organisation.)";
/// How long the service manager waits for the agent to stop before it ends it.
const STOP_PATIENCE: Duration = Duration::from_secs(30);
/// How long a removal waits for the service to stop.
const REMOVE_PATIENCE: Duration = Duration::from_secs(40);
/// How long the start is tried again on a PC that has much else to do.
const START_PATIENCE: Duration = Duration::from_secs(120);
/// How long to wait between two looks at a service that is asked to stop.
const PAUSE: Duration = Duration::from_millis(200);
/// How long after a failure the service is started again: the first, the second and every later time.
const RESTART_AFTER: [Duration; 3] =
    [Duration::from_secs(60), Duration::from_secs(5 * 60), Duration::from_secs(30 * 60)];
/// After this long without a failure, the next one counts as the first.
const FAILURES_FORGOTTEN_AFTER: Duration = Duration::from_secs(24 * 60 * 60);

/// The service manager says: it did not start this program as a service.
const FAILED_SERVICE_CONTROLLER_CONNECT: i32 = 1063;
/// Numbers of Windows for a service that is not there, does not run, is going away, is locked, did not say in time that
/// it runs, or runs already.
const SERVICE_DOES_NOT_EXIST: i32 = 1060;
const SERVICE_NOT_ACTIVE: i32 = 1062;
const SERVICE_MARKED_FOR_DELETE: i32 = 1072;
const SERVICE_DATABASE_LOCKED: i32 = 1055;
const SERVICE_REQUEST_TIMEOUT: i32 = 1053;
const SERVICE_ALREADY_RUNNING: i32 = 1056;
/// The number of Windows for a setting that it does not know.
const INVALID_LEVEL: i32 = 124;
/// Numbers of Windows for a file system that does not know how to write down names at once.
const INVALID_FUNCTION: i32 = 1;
const INVALID_PARAMETER: i32 = 87;
/// Write access, which is what writing down a folder's names asks for.
const GENERIC_WRITE: u32 = 0x4000_0000;

/// The agent's own folder, wherever Windows keeps such folders.
const FOLDER: &str = "SanSang";
/// In it, the folder of pages that every user of the PC can read.
const PAGES: &str = "public";
/// A service that is not told when the PC wakes up looks at the clock after at most this time.
const LOOK_AT_CLOCK: Duration = Duration::from_secs(3600);

/// Where the agent keeps its state when nobody says otherwise: `%ProgramData%\SanSang` for an administrator,
/// `%LOCALAPPDATA%\SanSang` for anybody else.
///
/// # Errors
/// When Windows does not know the folder.
pub fn state_folder() -> Result<PathBuf> {
    let place = if access::is_administrator() { Place::AllUsers } else { Place::OneUser };
    Ok(places::folder(place)?.join(FOLDER))
}

/// Where the settings are looked for, whoever looks.
///
/// # Errors
/// When Windows does not know the folder.
pub fn config_file() -> Result<PathBuf> {
    Ok(places::folder(Place::AllUsers)?.join(FOLDER).join("agent.toml"))
}

/// Where the service writes down what it did: nobody reads what a service of Windows prints.
pub fn log_file(state: &Path) -> Option<PathBuf> {
    Some(state.join("agent.log"))
}

/// Makes a folder that only the administrators and the system may look into, or, without their rights, only the
/// user and the system; tightens one that is there.
///
/// # Errors
/// When it cannot be made or tightened, or belongs to somebody else.
pub fn make_private_folder(path: &Path) -> io::Result<()> {
    if access::has_zero(path) {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "the path has a zero in it"));
    }
    access::make_private(path)
}

/// Files opened with these options are made for their owner only: they take the access list of their folder.
pub fn private(options: &mut OpenOptions) -> &mut OpenOptions {
    options
}

/// Makes the names in a folder durable, where the file system knows how.
///
/// # Errors
/// When the file system refuses.
pub fn sync_folder(path: &Path) -> io::Result<()> {
    let folder = OpenOptions::new()
        .access_mode(GENERIC_WRITE)
        .custom_flags(FILE_FLAG_BACKUP_SEMANTICS.0)
        .open(path)?;
    match folder.sync_all() {
        Err(error) if matches!(error.raw_os_error(), Some(INVALID_FUNCTION | INVALID_PARAMETER)) => Ok(()),
        other => other,
    }
}

/// Hears when the agent is told to stop.
#[derive(Debug)]
pub struct Stop {
    from: From,
}

#[derive(Debug)]
enum From {
    /// The service manager; true means: stop.
    Manager(watch::Receiver<bool>),
    /// The console that the program runs in.
    Console { interrupt: CtrlC, interrupt_hard: CtrlBreak, close: CtrlClose, shutdown: CtrlShutdown },
}

impl Stop {
    /// Begins to listen to the console. Needs a tokio runtime.
    ///
    /// # Errors
    /// When the system refuses.
    pub fn listen() -> Result<Stop> {
        use tokio::signal::windows::{ctrl_break, ctrl_c, ctrl_close, ctrl_shutdown};
        let failed = "cannot listen for the console's signal to stop";
        let from = From::Console {
            interrupt: ctrl_c().context(failed)?,
            interrupt_hard: ctrl_break().context(failed)?,
            close: ctrl_close().context(failed)?,
            shutdown: ctrl_shutdown().context(failed)?,
        };
        Ok(Stop { from })
    }

    /// Comes back when the agent is told to stop.
    pub async fn told(&mut self) {
        match &mut self.from {
            // An error means that the service manager's side is gone, which ends the service too.
            From::Manager(told) => drop(told.wait_for(|stop| *stop).await),
            From::Console { interrupt, interrupt_hard, close, shutdown } => {
                tokio::select! {
                    _ = interrupt.recv() => {}
                    _ = interrupt_hard.recv() => {}
                    _ = close.recv() => {}
                    _ = shutdown.recv() => {}
                }
            }
        }
    }
}

/// The work of this program's one service. The service manager calls a function without a word about whose it is.
static WORK: OnceLock<ServiceWork> = OnceLock::new();
/// Counts how often the service manager said that the PC woke up or its clock was set.
static WOKE: OnceLock<watch::Sender<u64>> = OnceLock::new();

/// Rests for this long, or until the PC wakes up or somebody sets its clock. Only a service is told of both; where they
/// are not told, the clock is looked at every hour.
pub async fn rest(pause: Duration) {
    let Some(woke) = WOKE.get() else {
        return tokio::time::sleep(pause.min(LOOK_AT_CLOCK)).await;
    };
    let mut woke = woke.subscribe();
    tokio::select! {
        () = tokio::time::sleep(pause) => {}
        // The sender is never dropped.
        told = woke.changed() => drop(told),
    }
}

/// Does the work as a service, if the service manager started this program, and comes back when it is stopped.
/// False: a person started it, and nothing was done.
///
/// # Errors
/// When the service manager does not answer, or when called twice.
pub fn run_as_service(work: ServiceWork) -> Result<bool> {
    if WORK.set(work).is_err() {
        bail!("this program runs one service, and was asked to run another");
    }
    match service_dispatcher::start(NAME, service_main) {
        Ok(()) => Ok(true),
        Err(error) if number(&error) == Some(FAILED_SERVICE_CONTROLLER_CONNECT) => Ok(false),
        Err(error) => Err(error).context("cannot connect to the service manager"),
    }
}

define_windows_service!(service_main, serve);

fn serve(_arguments: Vec<OsString>) {
    let (tell, told) = watch::channel(false);
    let woke = WOKE.get_or_init(|| watch::channel(0).0);
    let control = move |event| match event {
        ServiceControl::PowerEvent(PowerEventParam::ResumeAutomatic) | ServiceControl::TimeChange => {
            woke.send_modify(|count| *count += 1);
            ServiceControlHandlerResult::NoError
        }
        ServiceControl::PowerEvent(_) => ServiceControlHandlerResult::NoError,
        ServiceControl::Stop | ServiceControl::Shutdown | ServiceControl::Preshutdown => {
            tell.send_replace(true);
            ServiceControlHandlerResult::NoError
        }
        ServiceControl::Interrogate => ServiceControlHandlerResult::NoError,
        _ => ServiceControlHandlerResult::NotImplemented,
    };
    let manager = match service_control_handler::register(NAME, control) {
        Ok(manager) => manager,
        Err(error) => {
            tracing::error!(%error, "The service manager does not take the service's handler.");
            return;
        }
    };
    let report = |status: ServiceStatus| {
        if let Err(error) = manager.set_service_status(status) {
            tracing::error!(%error, "The service manager does not take the service's state.");
        }
    };
    report(status(ServiceState::Running, 0));
    let work = WORK.get().copied();
    // A panic must reach the service manager as a failure, so that it starts the service again.
    let outcome = std::panic::catch_unwind(|| work.map(|work| work(Stop { from: From::Manager(told) })));
    let code = match outcome {
        Ok(Some(Ok(()))) => 0,
        Ok(Some(Err(error))) => {
            tracing::error!("The service failed: {error:#}.");
            1
        }
        Ok(None) | Err(_) => 2,
    };
    report(status(ServiceState::Stopped, code));
}

fn status(state: ServiceState, code: u32) -> ServiceStatus {
    let running = state == ServiceState::Running;
    ServiceStatus {
        service_type: ServiceType::OWN_PROCESS,
        current_state: state,
        controls_accepted: if running {
            ServiceControlAccept::STOP
                | ServiceControlAccept::SHUTDOWN
                | ServiceControlAccept::PRESHUTDOWN
                | ServiceControlAccept::POWER_EVENT
                | ServiceControlAccept::TIME_CHANGE
        } else {
            ServiceControlAccept::empty()
        },
        exit_code: if code == 0 { ServiceExitCode::NO_ERROR } else { ServiceExitCode::ServiceSpecific(code) },
        checkpoint: 0,
        wait_hint: if running { Duration::ZERO } else { STOP_PATIENCE },
        process_id: None,
    }
}

/// Installs the service, or brings an installed one up to date. `program` is started with
/// `arguments`, as the system, when the PC has started, and again after a failure. Needs an administrator.
///
/// # Errors
/// When the service manager refuses; the text says which step.
fn install(program: &Path, arguments: &[&str]) -> Result<()> {
    let manager = manager(ServiceManagerAccess::CONNECT | ServiceManagerAccess::CREATE_SERVICE)?;
    let wanted = ServiceInfo {
        name: NAME.into(),
        display_name: TITLE.into(),
        service_type: ServiceType::OWN_PROCESS,
        start_type: ServiceStartType::AutoStart,
        error_control: ServiceErrorControl::Normal,
        executable_path: program.to_owned(),
        launch_arguments: arguments.iter().map(OsString::from).collect(),
        dependencies: Vec::new(),
        account_name: None,
        account_password: None,
    };
    // Restarting after a failure asks for the right to start.
    let rights = ServiceAccess::CHANGE_CONFIG | ServiceAccess::START;
    let service = match manager.open_service(NAME, rights) {
        Ok(service) => {
            service.change_config(&wanted).context("cannot change the service")?;
            service
        }
        Err(error) if number(&error) == Some(SERVICE_DOES_NOT_EXIST) => {
            manager.create_service(&wanted, rights).context("cannot create the service")?
        }
        Err(error) => return Err(error).context("cannot open the service"),
    };
    service.set_description(ABOUT).context("cannot describe the service")?;
    // Not in the first minute after the PC has started, which belongs to the person in front of it.
    where_known(service.set_delayed_auto_start(true)).context("cannot delay the start of the service")?;
    let restart = |delay| ServiceAction { action_type: ServiceActionType::Restart, delay };
    where_known(service.update_failure_actions(ServiceFailureActions {
        reset_period: ServiceFailureResetPeriod::After(FAILURES_FORGOTTEN_AFTER),
        reboot_msg: None,
        command: None,
        actions: Some(RESTART_AFTER.map(restart).to_vec()),
    }))
    .context("cannot set what happens when the service fails")?;
    where_known(service.set_failure_actions_on_non_crash_failures(true))
        .context("cannot set what happens when the service ends with an error")
}

/// Starts the service. While the service manager starts others, as after a start of Windows, it locks them all; and it
/// ends a program that takes more than half a minute to come up, as from a slow disk. Both pass, so the start is tried
/// again.
fn start() -> Result<()> {
    let manager = manager(ServiceManagerAccess::CONNECT)?;
    let service =
        manager.open_service(NAME, ServiceAccess::START).context("cannot open the service to start it")?;
    let began = Instant::now();
    loop {
        match service.start::<OsString>(&[]) {
            Ok(()) => return Ok(()),
            Err(error) if number(&error) == Some(SERVICE_ALREADY_RUNNING) => return Ok(()),
            Err(error)
                if matches!(number(&error), Some(SERVICE_DATABASE_LOCKED | SERVICE_REQUEST_TIMEOUT))
                    && began.elapsed() < START_PATIENCE =>
            {
                std::thread::park_timeout(PAUSE);
            }
            Err(error) => return Err(error).context("the service is installed and does not start"),
        }
    }
}

/// A setting that a service manager may not know, as that of Wine, is left out: the service runs without it.
fn where_known(set: windows_service::Result<()>) -> windows_service::Result<()> {
    match set {
        Err(error) if number(&error) == Some(INVALID_LEVEL) => Ok(()),
        other => other,
    }
}

/// Stops the service, if there is one, and waits until it has stopped.
fn stop_service() -> Result<()> {
    match open(ServiceAccess::QUERY_STATUS | ServiceAccess::STOP)? {
        Some(service) => stop(&service),
        None => Ok(()),
    }
}

/// Removes the service, if there is one. Needs an administrator.
fn remove() -> Result<()> {
    let Some(service) = open(ServiceAccess::DELETE)? else { return Ok(()) };
    match service.delete() {
        Err(error) if number(&error) != Some(SERVICE_MARKED_FOR_DELETE) => {
            Err(error).context("cannot remove the service")
        }
        _ => Ok(()),
    }
}

fn open(rights: ServiceAccess) -> Result<Option<Service>> {
    match manager(ServiceManagerAccess::CONNECT)?.open_service(NAME, rights) {
        Ok(service) => Ok(Some(service)),
        Err(error) if number(&error) == Some(SERVICE_DOES_NOT_EXIST) => Ok(None),
        Err(error) => Err(error).context("cannot open the service"),
    }
}

fn manager(access: ServiceManagerAccess) -> Result<ServiceManager> {
    ServiceManager::local_computer(None::<&str>, access)
        .context("the service manager refuses; start this program as an administrator")
}

/// Stops the service and waits until it has.
fn stop(service: &Service) -> Result<()> {
    let started = Instant::now();
    match service.stop() {
        Ok(_) => {}
        Err(error) if number(&error) == Some(SERVICE_NOT_ACTIVE) => return Ok(()),
        Err(error) => return Err(error).context("cannot stop the service"),
    }
    while service.query_status().context("cannot ask for the state of the service")?.current_state
        != ServiceState::Stopped
    {
        if started.elapsed() > REMOVE_PATIENCE {
            bail!("the service did not stop within {} s; try again", REMOVE_PATIENCE.as_secs());
        }
        std::thread::park_timeout(PAUSE);
    }
    Ok(())
}

/// The number that Windows gave to an error.
fn number(error: &windows_service::Error) -> Option<i32> {
    match error {
        windows_service::Error::Winapi(error) => error.raw_os_error(),
        _ => None,
    }
}
