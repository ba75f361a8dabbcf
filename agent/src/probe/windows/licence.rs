//! Licences of Microsoft's products, as Windows keeps them. Used by the probes of the system and of office work.
//!
//! From WMI, which needs no administrator and some seconds: all licences that a product could have are looked through.
//! Of a licence only numbers and codes are read. Codes of channels are not translated.

use rules::facts::os::Activation;

use crate::host::answers::{Cell, Query, Row};
use crate::host::{Answer, Host};

/// Where licences are kept, and by whom.
pub(super) const WINDOWS: &str = "SoftwareLicensingProduct";
pub(super) const OFFICE: &str = "OfficeSoftwareProtectionProduct";

/// The licences of one application for which a key was put in, by the GUID of the application.
pub(super) fn licences(host: &dyn Host, class: &str, application: &str) -> Answer<Vec<Row>> {
    host.wmi(&Query {
        namespace: r"ROOT\CIMV2",
        class,
        // Windows 7 has neither of the last two columns.
        columns: &["ID", "Name", "Description", "LicenseStatus", "LicenseIsAddon", "ProductKeyChannel"],
        filter: &format!("ApplicationId = '{application}' AND PartialProductKey IS NOT NULL"),
    })
}

/// How the licence stands (slpublic.h, SLLICENSINGSTATUS, and what Windows adds to it): 0 unlicensed, 1 licensed,
/// 2 grace after the installation, 3 grace after a change of hardware, 4 found not genuine, 5 notification, 6 grace
/// prolonged.
pub(super) fn activation(row: &Row) -> Option<Activation> {
    match row.get("LicenseStatus") {
        Some(Cell::Number(1)) => Some(Activation::Licensed),
        Some(Cell::Number(2 | 3 | 6)) => Some(Activation::Grace),
        Some(Cell::Number(0 | 4 | 5)) => Some(Activation::Unlicensed),
        _ => None,
    }
}

/// How the licence was sold. Windows 7 tells it as a code at the end of the description.
pub(super) fn channel(row: &Row) -> Option<String> {
    const CODES: &[(&str, &str)] = &[
        ("OEM_COA_NSLP", "OEM:NONSLP"),
        ("OEM_COA_SLP", "OEM:COA"),
        ("OEM_DM", "OEM:DM"),
        ("OEM_SLP", "OEM:SLP"),
        ("RETAIL", "Retail"),
        ("VOLUME_KMSCLIENT", "Volume:GVLK"),
        ("VOLUME_MAK", "Volume:MAK"),
        ("TIMEBASED_EVAL", "Retail:TB:Eval"),
    ];
    if let Some(channel) = text(row, "ProductKeyChannel") {
        return Some(channel.to_owned());
    }
    let description = text(row, "Description")?;
    let words: Vec<&str> = description.split([' ', ',']).collect();
    CODES.iter().find(|(code, _)| words.contains(code)).map(|(_, channel)| (*channel).to_owned())
}

/// The best of these licences, since any one that is good will do.
pub(super) fn best<'a>(rows: impl Iterator<Item = &'a Row>) -> Option<(Activation, &'a Row)> {
    rows.filter_map(|row| Some((activation(row)?, row))).min_by_key(|(activation, _)| *activation)
}

/// A column that is a text and not empty.
pub(super) fn text<'a>(row: &'a Row, column: &str) -> Option<&'a str> {
    match row.get(column)? {
        Cell::Text(text) => Some(text.trim()).filter(|text| !text.is_empty()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(columns: &[(&str, Cell)]) -> Row {
        columns.iter().map(|(name, cell)| ((*name).to_owned(), cell.clone())).collect()
    }

    #[test]
    fn channels_of_old_and_new_windows() {
        let said = |text: &str| Cell::Text(text.to_owned());
        let new = row(&[("ProductKeyChannel", said("OEM:DM")), ("Description", said("x, RETAIL channel"))]);
        assert_eq!(channel(&new).as_deref(), Some("OEM:DM"));
        let old = row(&[("Description", said("Windows Operating System - Windows(R) 7, OEM_SLP channel"))]);
        assert_eq!(channel(&old).as_deref(), Some("OEM:SLP"));
        let odd = row(&[("Description", said("RETAILER")), ("ProductKeyChannel", Cell::Null)]);
        assert_eq!(channel(&odd), None);
    }

    #[test]
    fn the_best_licence_counts() {
        let of = |status| row(&[("LicenseStatus", Cell::Number(status))]);
        let rows = [of(5), of(6), of(77), row(&[])];
        assert_eq!(best(rows.iter()).map(|(activation, _)| activation), Some(Activation::Grace));
        assert_eq!(best([of(99)].iter()), None);
    }
}
