//! The Windows Update Agent, asked for what it found the last time it looked. Its server is not asked.
#![expect(unsafe_code, reason = "the Windows Update Agent is spoken to through COM")]

use jiff::{SignedDuration, Timestamp};
use windows::Win32::Foundation::VARIANT_FALSE;
use windows::Win32::System::UpdateAgent::{
    AutomaticUpdates, IAutomaticUpdates2, ISystemInformation, IUpdate, IUpdateSession, SystemInformation,
    UpdateSession, utDriver,
};
use windows::Win32::System::Variant::{VARIANT, VT_DATE};
use windows::core::{BSTR, Error, Result};

use super::super::answers::{Updates, WaitingUpdate};
use super::com::Com;
use super::{Answer, Trouble, trouble};

/// Most waiting updates that are told.
const WAITING_COUNT_MAX: i32 = 500;
/// The service of Windows Update is disabled (0x8007nnnn of 1058).
const SERVICE_DISABLED: u32 = 0x8007_0422;

pub(super) fn updates() -> Answer<Updates> {
    let com = Com::start()?;
    let Some(automatic) = com.make::<IAutomaticUpdates2>(&AutomaticUpdates)? else { return Ok(None) };
    let system = com.make::<ISystemInformation>(&SystemInformation)?;
    let failed = |error: Error| trouble("ask Windows Update for its last success", &error);
    // SAFETY: the object lives through the calls.
    let (searched, installed) = unsafe {
        let results = automatic.Results().map_err(failed)?;
        (results.LastSearchSuccessDate(), results.LastInstallationSuccessDate())
    };
    let restart_required = match system {
        // SAFETY: the object lives through the call.
        Some(system) => unsafe { system.RebootRequired() }
            .map_err(|error| trouble("ask Windows Update for a restart", &error))?
            .as_bool(),
        None => {
            return Err(Trouble::Failed(
                "Windows Update does not tell whether it wants a restart".to_owned(),
            ));
        }
    };
    Ok(Some(Updates {
        searched_at: moment(&searched.map_err(failed)?),
        installed_at: moment(&installed.map_err(failed)?),
        restart_required,
    }))
}

pub(super) fn waiting() -> Answer<Vec<WaitingUpdate>> {
    let com = Com::start()?;
    let Some(session) = com.make::<IUpdateSession>(&UpdateSession)? else { return Ok(None) };
    search(&session).map(Some).map_err(|error| match error.code().0.cast_unsigned() {
        SERVICE_DISABLED => Trouble::Failed("the service of Windows Update is disabled".to_owned()),
        _ => trouble("ask Windows Update", &error),
    })
}

fn search(session: &IUpdateSession) -> Result<Vec<WaitingUpdate>> {
    // SAFETY: each object lives through its calls, and the criteria too.
    let found = unsafe {
        let searcher = session.CreateUpdateSearcher()?;
        searcher.SetOnline(VARIANT_FALSE)?;
        searcher.Search(&BSTR::from("IsInstalled=0 and IsHidden=0"))?.Updates()?
    };
    // SAFETY: the collection lives through the call.
    let count = unsafe { found.Count() }?;
    let mut waiting = Vec::new();
    for at in 0..count.min(WAITING_COUNT_MAX) {
        // SAFETY: the collection lives through the call, and checks the number.
        waiting.push(update(&unsafe { found.get_Item(at) }?)?);
    }
    waiting.sort_unstable();
    Ok(waiting)
}

fn update(update: &IUpdate) -> Result<WaitingUpdate> {
    // SAFETY: the update and its lists live through their calls.
    unsafe {
        let list = update.KBArticleIDs()?;
        let mut articles = Vec::new();
        for at in 0..list.Count()? {
            articles.push(list.get_Item(at)?.to_string());
        }
        articles.sort_unstable();
        let list = update.Categories()?;
        let mut categories = Vec::new();
        for at in 0..list.Count()? {
            categories.push(list.get_Item(at)?.CategoryID()?.to_string().to_ascii_lowercase());
        }
        categories.sort_unstable();
        Ok(WaitingUpdate {
            articles,
            severity: update.MsrcSeverity()?.to_string(),
            driver: update.Type()? == utDriver,
            categories,
            published_at: from_days(update.LastDeploymentChangeTime()?),
        })
    }
}

/// The moment in a value of COM; none when it holds none, which is how "never" is said.
fn moment(value: &VARIANT) -> Option<Timestamp> {
    if value.vt() != VT_DATE {
        return None;
    }
    // SAFETY: the shape says that the field is a date.
    from_days(unsafe { value.Anonymous.Anonymous.Anonymous.date })
}

/// COM counts days from the end of 1899; Windows Update means UTC. 0 is no day.
fn from_days(days: f64) -> Option<Timestamp> {
    /// From 1899-12-30 to 1970-01-01.
    const DAYS_TO_EPOCH: f64 = 25_569.0;
    const SECONDS_A_DAY: f64 = 86_400.0;
    if days <= 1.0 {
        return None;
    }
    let since = SignedDuration::try_from_secs_f64(((days - DAYS_TO_EPOCH) * SECONDS_A_DAY).round()).ok()?;
    Timestamp::from_duration(since).ok()
}
