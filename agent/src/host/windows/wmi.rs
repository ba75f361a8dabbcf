//! WMI: rows of a class, and the few methods that may be called.
#![expect(unsafe_code, reason = "WMI is spoken to through COM")]

use std::ffi::c_void;
use std::time::Instant;

use windows::Win32::System::Com::{
    CoSetProxyBlanket, EOAC_NONE, RPC_C_AUTHN_LEVEL_PKT_PRIVACY, RPC_C_IMP_LEVEL_IMPERSONATE, SAFEARRAY,
};
use windows::Win32::System::Ole::{
    SafeArrayAccessData, SafeArrayGetDim, SafeArrayGetLBound, SafeArrayGetUBound, SafeArrayUnaccessData,
};
use windows::Win32::System::Rpc::{RPC_C_AUTHN_WINNT, RPC_C_AUTHZ_NONE};
use windows::Win32::System::Variant::{
    VARENUM, VARIANT, VT_ARRAY, VT_BOOL, VT_BSTR, VT_EMPTY, VT_I1, VT_I2, VT_I4, VT_NULL, VT_R4, VT_R8,
    VT_UI1, VT_UI2, VT_UI4,
};
use windows::Win32::System::Wmi::{
    IWbemClassObject, IWbemLocator, IWbemServices, WBEM_FLAG_CONNECT_USE_MAX_WAIT, WBEM_FLAG_FORWARD_ONLY,
    WBEM_FLAG_RETURN_IMMEDIATELY, WbemLocator,
};
use windows::core::{BSTR, HRESULT, HSTRING, IUnknown, Interface};

use super::super::answers::{Cell, Method, Query, Row};
use super::super::cim;
use super::super::{ROWS_COUNT_MAX, WMI_DEADLINE};
use super::com::Com;
use super::{Answer, Trouble, trouble};

/// Longest array that is taken from one column.
const ARRAY_COUNT_MAX: usize = 4096;
/// How long one row may take before the clock is looked at, in milliseconds.
const ROW_PATIENCE: i32 = 1_000;

/// What WMI answers (wbemcli.h).
const WBEM_S_FALSE: HRESULT = HRESULT(1);
const WBEM_S_TIMEDOUT: HRESULT = HRESULT(0x4_0004);
const WBEM_E_NOT_FOUND: u32 = 0x8004_1002;
const WBEM_E_ACCESS_DENIED: u32 = 0x8004_1003;
const WBEM_E_NOT_SUPPORTED: u32 = 0x8004_100c;
const WBEM_E_INVALID_NAMESPACE: u32 = 0x8004_100e;
const WBEM_E_INVALID_CLASS: u32 = 0x8004_1010;
const WBEM_E_INVALID_QUERY: u32 = 0x8004_1017;

/// A question to WMI that another thread can ask.
pub(super) struct Asked {
    namespace: String,
    class: String,
    columns: Vec<String>,
    narrow: String,
    wide: String,
}

impl Asked {
    pub(super) fn new(query: &Query<'_>) -> Asked {
        // What WMI adds to each row by itself cannot be asked for.
        let plain: Vec<&str> = query.columns.iter().copied().filter(|name| !name.starts_with("__")).collect();
        Asked {
            namespace: query.namespace.to_owned(),
            class: query.class.to_owned(),
            columns: query.columns.iter().map(|name| (*name).to_owned()).collect(),
            narrow: query.wql(&plain.join(", ")),
            wide: query.wql("*"),
        }
    }
}

pub(super) fn query(asked: &Asked) -> Answer<Vec<Row>> {
    let com = Com::start()?;
    let Some(services) = connect(&com, &asked.namespace)? else { return Ok(None) };
    match rows(&services, asked, &asked.narrow) {
        // A class of an older Windows lacks a column that was asked for.
        Err(error) if code(&error) == WBEM_E_INVALID_QUERY => rows(&services, asked, &asked.wide),
        answer => answer,
    }
    .map_or_else(|error| failed(&asked.class, &error), |rows| rows.map(Some))
}

/// Outside: an error of WMI; inside: what went wrong with the rows.
fn rows(
    services: &IWbemServices,
    asked: &Asked,
    wql: &str,
) -> windows::core::Result<Result<Vec<Row>, Trouble>> {
    let started = Instant::now();
    // SAFETY: all texts live through the call.
    let enumerator = unsafe {
        services.ExecQuery(
            &BSTR::from("WQL"),
            &BSTR::from(wql),
            WBEM_FLAG_FORWARD_ONLY | WBEM_FLAG_RETURN_IMMEDIATELY,
            None,
        )
    }?;
    encrypt(&enumerator.cast()?)?;
    let mut rows = Vec::new();
    loop {
        let mut object = [None];
        let mut count = 0;
        // SAFETY: room for one object, and its count.
        let told = unsafe { enumerator.Next(ROW_PATIENCE, &mut object, &raw mut count) };
        match (told, object) {
            (WBEM_S_FALSE, _) => return Ok(Ok(rows)),
            (WBEM_S_TIMEDOUT, _) if started.elapsed() > WMI_DEADLINE => return Ok(Err(Trouble::TimedOut)),
            (WBEM_S_TIMEDOUT, _) => {}
            (told, [Some(object)]) if told.is_ok() => rows.push(row(&object, &asked.columns)?),
            (told, _) => {
                told.ok()?;
                return Ok(Err(Trouble::Failed(format!("WMI answers no row for {}", asked.class))));
            }
        }
        if rows.len() > ROWS_COUNT_MAX {
            let text = format!("{} has more than {ROWS_COUNT_MAX} rows", asked.class);
            return Ok(Err(Trouble::Failed(text)));
        }
    }
}

pub(super) fn call(method: Method, object: &str) -> Answer<Row> {
    let com = Com::start()?;
    let Some(services) = connect(&com, method.namespace())? else { return Ok(None) };
    let mut answer = None;
    // SAFETY: all texts and the place for the answer live through the call. The methods of the list take nothing.
    let called = unsafe {
        services.ExecMethod(
            &BSTR::from(object),
            &BSTR::from(method.name()),
            windows::Win32::System::Wmi::WBEM_GENERIC_FLAG_TYPE(0),
            None,
            None::<&IWbemClassObject>,
            Some(&raw mut answer),
            None,
        )
    };
    if let Err(error) = called {
        return failed(method.name(), &error);
    }
    let Some(answer) = answer else { return Ok(None) };
    let columns: Vec<String> = method.columns().iter().map(|name| (*name).to_owned()).collect();
    row(&answer, &columns).map_or_else(|error| failed(method.name(), &error), |row| Ok(Some(row)))
}

fn connect(com: &Com, namespace: &str) -> Answer<IWbemServices> {
    let Some(locator) = com.make::<IWbemLocator>(&WbemLocator)? else { return Err(Trouble::NotSupported) };
    let nothing = BSTR::new();
    // SAFETY: all texts live through the call. No name and no password: as who this program is.
    let services = unsafe {
        locator.ConnectServer(
            &BSTR::from(namespace),
            &nothing,
            &nothing,
            &nothing,
            WBEM_FLAG_CONNECT_USE_MAX_WAIT.0,
            &nothing,
            None,
        )
    };
    let secured = services.and_then(|services| {
        encrypt(&services.cast()?)?;
        Ok(services)
    });
    secured.map_or_else(|error| failed(namespace, &error), |services| Ok(Some(services)))
}

/// What is asked through this object is encrypted, which some namespaces insist on.
fn encrypt(proxy: &IUnknown) -> windows::core::Result<()> {
    // SAFETY: the object lives through the call, and nothing else is handed over.
    unsafe {
        CoSetProxyBlanket(
            proxy,
            RPC_C_AUTHN_WINNT,
            RPC_C_AUTHZ_NONE,
            None,
            RPC_C_AUTHN_LEVEL_PKT_PRIVACY,
            RPC_C_IMP_LEVEL_IMPERSONATE,
            None,
            EOAC_NONE,
        )
    }
}

fn code(error: &windows::core::Error) -> u32 {
    error.code().0.cast_unsigned()
}

/// What an error of WMI means.
fn failed<T>(asked: &str, error: &windows::core::Error) -> Answer<T> {
    match code(error) {
        WBEM_E_NOT_FOUND | WBEM_E_INVALID_NAMESPACE | WBEM_E_INVALID_CLASS => Ok(None),
        WBEM_E_ACCESS_DENIED => Err(Trouble::Denied),
        WBEM_E_NOT_SUPPORTED => Err(Trouble::NotSupported),
        _ => Err(trouble(&format!("ask WMI for {asked}"), error)),
    }
}

fn row(object: &IWbemClassObject, columns: &[String]) -> windows::core::Result<Row> {
    let mut row = Row::new();
    for column in columns {
        let mut value = VARIANT::default();
        let mut kind = 0;
        // SAFETY: the name and both places live through the call; the value frees itself.
        let got = unsafe { object.Get(&HSTRING::from(column), 0, &raw mut value, Some(&raw mut kind), None) };
        match got {
            Ok(()) => drop(row.insert(column.clone(), cell(&value, kind))),
            Err(error) if code(&error) == WBEM_E_NOT_FOUND => {}
            Err(error) => return Err(error),
        }
    }
    Ok(row)
}

/// The cell that a value is. `kind` is its type in WMI, since a VARIANT has no room for all of them: unsigned numbers
/// come as signed ones, numbers of 64 bit as text.
fn cell(value: &VARIANT, kind: i32) -> Cell {
    let shape = value.vt();
    // SAFETY: the field that is read is the one that the shape says.
    unsafe {
        let field = &value.Anonymous.Anonymous.Anonymous;
        if shape.0 & VT_ARRAY.0 != 0 {
            return array(field.parray, VARENUM(shape.0 & !VT_ARRAY.0), kind);
        }
        match shape {
            VT_NULL | VT_EMPTY => Cell::Null,
            VT_BOOL => Cell::Flag(field.boolVal.as_bool()),
            VT_BSTR => text(&field.bstrVal, kind),
            VT_R4 => Cell::Real(f64::from(field.fltVal)),
            VT_R8 => Cell::Real(field.dblVal),
            VT_UI1 => Cell::Number(u64::from(field.bVal)),
            VT_I1 => cim::number(i64::from(field.bVal.cast_signed()), kind),
            VT_I2 | VT_UI2 => cim::number(i64::from(field.iVal), kind),
            VT_I4 | VT_UI4 => cim::number(i64::from(field.lVal), kind),
            // An object in an object, which no question of ours asks for.
            _ => Cell::Null,
        }
    }
}

fn text(text: &BSTR, kind: i32) -> Cell {
    cim::text(text, kind)
}

/// # Safety
/// `array` is null or a whole array whose elements have this shape.
unsafe fn array(array: *const SAFEARRAY, shape: VARENUM, kind: i32) -> Cell {
    // SAFETY: the caller's array is whole; its elements are read between access and its end, and no further than its
    // bounds.
    unsafe {
        if array.is_null() || SafeArrayGetDim(array) != 1 {
            return Cell::Null;
        }
        let (Ok(first), Ok(last)) = (SafeArrayGetLBound(array, 1), SafeArrayGetUBound(array, 1)) else {
            return Cell::Null;
        };
        let count = i64::from(last) - i64::from(first) + 1;
        let count = usize::try_from(count).unwrap_or(0).min(ARRAY_COUNT_MAX);
        let mut start: *mut c_void = std::ptr::null_mut();
        if SafeArrayAccessData(array, &raw mut start).is_err() {
            return Cell::Null;
        }
        let cells = (0..count)
            .map(|at| match shape {
                VT_BOOL => Cell::Flag(*start.cast::<i16>().add(at) != 0),
                VT_BSTR => text(&*start.cast::<BSTR>().add(at), kind),
                VT_R4 => Cell::Real(f64::from(*start.cast::<f32>().add(at))),
                VT_R8 => Cell::Real(*start.cast::<f64>().add(at)),
                VT_UI1 => Cell::Number(u64::from(*start.cast::<u8>().add(at))),
                VT_I1 => cim::number(i64::from(*start.cast::<i8>().add(at)), kind),
                VT_I2 | VT_UI2 => cim::number(i64::from(*start.cast::<i16>().add(at)), kind),
                VT_I4 | VT_UI4 => cim::number(i64::from(*start.cast::<i32>().add(at)), kind),
                _ => Cell::Null,
            })
            .collect();
        drop(SafeArrayUnaccessData(array));
        Cell::List(cells)
    }
}
