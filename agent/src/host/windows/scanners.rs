//! Scanners, as Windows Image Acquisition knows them (wiadef.h). Only properties are read: nothing is set, no scan begins.
//!
//! To open a scanner its driver talks with it, so one that is off, in use or warming up answers an error, which is told.
//! WIA 2.0 came with Windows Vista; drivers of XP are shown in its form by Windows.
#![expect(unsafe_code, reason = "Windows Image Acquisition is spoken to through COM")]

use windows::Win32::Devices::ImageAcquisition::{
    IWiaDevMgr2, IWiaItem2, IWiaPropertyStorage, WIA_DEVINFO_ENUM_LOCAL, WIA_DIP_DEV_ID, WIA_DIP_DEV_TYPE,
    WIA_DPS_DOCUMENT_HANDLING_CAPABILITIES, WIA_ERROR_BUSY, WIA_ERROR_DEVICE_COMMUNICATION,
    WIA_ERROR_DEVICE_LOCKED, WIA_ERROR_OFFLINE, WIA_ERROR_WARMING_UP, WIA_IPA_DATATYPE, WIA_IPS_XRES,
    WIA_IPS_YRES, WIA_LIST_VALUES, WIA_PROP_LIST, WIA_PROP_RANGE, WIA_RANGE_MAX, WIA_RANGE_MIN, WiaDevMgr2,
};
use windows::Win32::Foundation::E_INVALIDARG;
use windows::Win32::System::Com::StructuredStorage::{PROPSPEC, PROPSPEC_0, PROPVARIANT, PRSPEC_PROPID};
use windows::Win32::System::Variant::{VT_BSTR, VT_I4, VT_VECTOR};
use windows::core::{BSTR, Error, Interface, Result};

use super::super::answers::{ImageScanner, ScannerItem, ScannerProperties};
use super::com::Com;
use super::{Answer, Trouble, trouble};

/// Most scanners that are asked.
const SCANNERS_COUNT_MAX: usize = 8;
/// Most things that one scans from.
const ITEMS_COUNT_MAX: usize = 16;
/// Most values that a property may take, as they are told.
const VALUES_COUNT_MAX: usize = 256;
/// The kind of a device is the upper half of its type (sti.h): 1 is a scanner, 2 a camera.
const KIND_SCANNER: i64 = 1;

pub(super) fn scanners() -> Answer<Vec<ImageScanner>> {
    let com = Com::start()?;
    let Some(manager) = com.make::<IWiaDevMgr2>(&WiaDevMgr2)? else { return Ok(None) };
    let failed = |error: Error| trouble("list the scanners", &error);
    // SAFETY: the object lives through the call.
    let list = unsafe { manager.EnumDeviceInfo(WIA_DEVINFO_ENUM_LOCAL.cast_signed()) }.map_err(failed)?;
    let mut scanners = Vec::new();
    while scanners.len() < SCANNERS_COUNT_MAX {
        let (mut found, mut count): (Option<IWiaPropertyStorage>, u32) = (None, 0);
        // SAFETY: there is room for the one that is asked for, and the list lives through the call.
        unsafe { list.Next(1, &raw mut found, &raw mut count) }.map_err(failed)?;
        let Some(entry) = found else { break };
        let kind = number(&read(&entry, WIA_DIP_DEV_TYPE).map_err(failed)?);
        let id = text(&read(&entry, WIA_DIP_DEV_ID).map_err(failed)?);
        if let Some(id) = id.filter(|_| kind.is_some_and(|kind| kind >> 16 == KIND_SCANNER)) {
            let told = properties(&manager, &id).map_err(|error| closed(&error));
            scanners.push(ImageScanner { id: id.to_string(), told });
        }
    }
    scanners.sort_by(|a, b| a.id.cmp(&b.id));
    Ok(Some(scanners))
}

/// Why a scanner could not be asked.
fn closed(error: &Error) -> Trouble {
    let why = match error.code() {
        WIA_ERROR_OFFLINE | WIA_ERROR_DEVICE_COMMUNICATION => "the scanner is off or out of reach",
        WIA_ERROR_BUSY | WIA_ERROR_DEVICE_LOCKED => "the scanner is in use",
        WIA_ERROR_WARMING_UP => "the scanner is warming up",
        _ => return trouble("ask the scanner", error),
    };
    Trouble::Failed(why.to_owned())
}

fn properties(manager: &IWiaDevMgr2, id: &BSTR) -> Result<ScannerProperties> {
    // SAFETY: the manager and the name live through the call.
    let root = unsafe { manager.CreateDevice(0, id) }?;
    let handling = number(&read(&root.cast()?, WIA_DPS_DOCUMENT_HANDLING_CAPABILITIES)?);
    // SAFETY: the scanner lives through the call; no category is asked for.
    let list = unsafe { root.EnumChildItems(None) }?;
    let mut items = Vec::new();
    while items.len() < ITEMS_COUNT_MAX {
        let (mut found, mut count): (Option<IWiaItem2>, u32) = (None, 0);
        // SAFETY: there is room for the one that is asked for, and the list lives through the call.
        unsafe { list.Next(1, &raw mut found, &raw mut count) }?;
        let Some(found) = found else { break };
        items.push(item(&found)?);
    }
    Ok(ScannerProperties { handling, items })
}

fn item(item: &IWiaItem2) -> Result<ScannerItem> {
    let storage: IWiaPropertyStorage = item.cast()?;
    // SAFETY: the item lives through the call.
    let category = unsafe { item.GetItemCategory() }.ok();
    Ok(ScannerItem {
        category: category.map(|category| format!("{category:?}").to_ascii_lowercase()),
        data_types: if_any(allowed(&storage, WIA_IPA_DATATYPE))?,
        across_dpi: if_any(allowed(&storage, WIA_IPS_XRES))?,
        along_dpi: if_any(allowed(&storage, WIA_IPS_YRES))?,
    })
}

/// A folder on the scanner has no resolution: a driver that refuses the question says no more than that.
fn if_any<T>(answer: Result<Option<T>>) -> Result<Option<T>> {
    match answer {
        Err(error) if error.code() == E_INVALIDARG => Ok(None),
        answer => answer,
    }
}

fn named(property: u32) -> PROPSPEC {
    PROPSPEC { ulKind: PRSPEC_PROPID, Anonymous: PROPSPEC_0 { propid: property } }
}

/// The value of a property; an empty one where there is no such property.
fn read(storage: &IWiaPropertyStorage, property: u32) -> Result<PROPVARIANT> {
    let (name, mut value) = (named(property), PROPVARIANT::default());
    // SAFETY: one name, and room for one value, which frees itself.
    unsafe { storage.ReadMultiple(1, &raw const name, &raw mut value) }?;
    Ok(value)
}

/// What a property may be set to: its list, the ends of its range, or the one value that it has.
fn allowed(storage: &IWiaPropertyStorage, property: u32) -> Result<Option<Vec<i64>>> {
    let (name, mut flags, mut values) = (named(property), 0, PROPVARIANT::default());
    // SAFETY: one name, and room for one answer of each kind, which frees itself.
    unsafe { storage.GetPropertyAttributes(1, &raw const name, &raw mut flags, &raw mut values) }?;
    let values = numbers(&values);
    let at = |place: u32| values.get(usize::try_from(place).ok()?).copied();
    if flags & WIA_PROP_RANGE != 0 {
        return Ok(at(WIA_RANGE_MIN).zip(at(WIA_RANGE_MAX)).map(|(least, most)| vec![least, most]));
    }
    if flags & WIA_PROP_LIST != 0 {
        let first = usize::try_from(WIA_LIST_VALUES).unwrap_or(usize::MAX);
        return Ok(values.get(first..).map(<[i64]>::to_vec));
    }
    Ok(number(&read(storage, property)?).map(|value| vec![value]))
}

fn number(value: &PROPVARIANT) -> Option<i64> {
    // SAFETY: the shape says which field holds the value.
    (value.vt() == VT_I4).then(|| i64::from(unsafe { value.Anonymous.Anonymous.Anonymous.lVal }))
}

fn text(value: &PROPVARIANT) -> Option<BSTR> {
    // SAFETY: the shape says that the field is a text; the copy is its own.
    (value.vt() == VT_BSTR).then(|| unsafe { BSTR::clone(&value.Anonymous.Anonymous.Anonymous.bstrVal) })
}

fn numbers(value: &PROPVARIANT) -> Vec<i64> {
    if value.vt().0 != VT_I4.0 | VT_VECTOR.0 {
        return Vec::new();
    }
    // SAFETY: the shape says that the field is a list of numbers, which lives as long as the value.
    let list = unsafe { value.Anonymous.Anonymous.Anonymous.cal };
    let count = usize::try_from(list.cElems).unwrap_or(0).min(VALUES_COUNT_MAX);
    if list.pElems.is_null() {
        return Vec::new();
    }
    // SAFETY: the list has at least this many numbers.
    unsafe { std::slice::from_raw_parts(list.pElems, count) }.iter().copied().map(i64::from).collect()
}
