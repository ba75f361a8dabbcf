//! The services of Windows, asked at the service manager.

use windows_service::service::{ServiceAccess, ServiceStartType, ServiceState};
use windows_service::service_manager::{ServiceManager, ServiceManagerAccess};

use super::super::answers::{Service, ServiceStart};
use super::{ACCESS_DENIED, Answer, Trouble};

/// There is no service of this name.
const SERVICE_DOES_NOT_EXIST: i32 = 1060;

pub(super) fn service(name: &str) -> Answer<Service> {
    let failed = |error: &windows_service::Error| match number(error) {
        Some(code) if code.cast_unsigned() == ACCESS_DENIED => Trouble::Denied,
        Some(code) => Trouble::Failed(format!("cannot ask for the service {name}: error {code} of Windows")),
        None => Trouble::Failed(format!("cannot ask for the service {name}: it answers oddly")),
    };
    let manager = ServiceManager::local_computer(None::<&str>, ServiceManagerAccess::CONNECT)
        .map_err(|error| failed(&error))?;
    let rights = ServiceAccess::QUERY_STATUS | ServiceAccess::QUERY_CONFIG;
    let service = match manager.open_service(name, rights) {
        Ok(service) => service,
        Err(error) if number(&error) == Some(SERVICE_DOES_NOT_EXIST) => return Ok(None),
        Err(error) => return Err(failed(&error)),
    };
    let status = service.query_status().map_err(|error| failed(&error))?;
    let config = service.query_config().map_err(|error| failed(&error))?;
    let running = match status.current_state {
        ServiceState::Running | ServiceState::StartPending | ServiceState::ContinuePending => true,
        ServiceState::Stopped
        | ServiceState::StopPending
        | ServiceState::PausePending
        | ServiceState::Paused => false,
    };
    let start = match config.start_type {
        ServiceStartType::BootStart => ServiceStart::Boot,
        ServiceStartType::SystemStart => ServiceStart::System,
        ServiceStartType::AutoStart => ServiceStart::Automatic,
        ServiceStartType::OnDemand => ServiceStart::Manual,
        ServiceStartType::Disabled => ServiceStart::Disabled,
    };
    Ok(Some(Service { running, start }))
}

/// The number that Windows gave to an error.
fn number(error: &windows_service::Error) -> Option<i32> {
    match error {
        windows_service::Error::Winapi(error) => error.raw_os_error(),
        _ => None,
    }
}
