//! The C boundary: results as codes, the thread's last error, no panic beyond.

use std::cell::Cell;
use std::ffi::CStr;
use std::panic::{AssertUnwindSafe, catch_unwind};

use vgputrace_client::{Code, Outcome, Text};

use crate::code_table::{CODES, UNRECOGNIZED};

thread_local! {
    /// What `cudaGetLastError` gives; no destructor, so it is there until the thread's last breath.
    static LAST: Cell<i32> = const { Cell::new(0) };
}

/// Runs what an exported function does. Its failure becomes the thread's last error.
pub(crate) fn enter(body: impl FnOnce() -> Outcome) -> i32 {
    let result = match catch_unwind(AssertUnwindSafe(body)) {
        Ok(Ok(())) => 0,
        Ok(Err(code)) => of_driver(code).0,
        Err(_) => Code::UNKNOWN.0,
    };
    if result != 0 {
        LAST.set(result);
    }
    result
}

/// The driver's code as the runtime's: the numbers are the same, but for those the driver alone has.
fn of_driver(code: Code) -> Code {
    if find(code.0).is_some() {
        code
    } else {
        Code::UNKNOWN
    }
}

/// The thread's last error, which is then forgotten.
pub(crate) fn take_last() -> i32 {
    LAST.replace(0)
}

/// The thread's last error, which stays.
pub(crate) fn last() -> i32 {
    LAST.get()
}

/// A code's name.
pub(crate) fn name(code: i32) -> Text {
    Text::from(find(code).map_or(UNRECOGNIZED, |row| row.1))
}

/// A code's text.
pub(crate) fn text(code: i32) -> Text {
    Text::from(find(code).map_or(UNRECOGNIZED, |row| row.2))
}

fn find(code: i32) -> Option<&'static (i32, &'static CStr, &'static CStr)> {
    let at = CODES.binary_search_by_key(&code, |row| row.0).ok()?;
    CODES.get(at)
}

#[cfg(test)]
mod tests {
    use vgputrace_client::Code;

    use super::{enter, last, take_last};
    use crate::code_table::CODES;

    #[test]
    fn codes_are_in_order() {
        assert!(CODES.is_sorted_by(|one, next| one.0 < next.0));
    }

    #[test]
    fn a_failure_is_the_last_error_until_it_is_taken() {
        assert_eq!(enter(|| Err(Code::INVALID_VALUE)), 1);
        assert_eq!(enter(|| Ok(())), 0);
        assert_eq!((last(), take_last(), take_last()), (1, 1, 0));
    }

    #[test]
    fn a_code_of_the_driver_alone_is_unknown_to_the_runtime() {
        assert_eq!(enter(|| Err(Code(202))), 999);
        assert_eq!(take_last(), 999);
    }

    #[test]
    fn a_panic_stays_inside() {
        assert_eq!(enter(|| panic!("inside")), 999);
        assert_eq!(take_last(), 999);
    }
}
