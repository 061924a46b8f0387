//! The dynamic loader's functions.
//!
//! glibc reads the return address of dlopen, dlmopen, dlsym and dlvsym to find the caller (elf/dl-open.c,
//! elf/dl-sym.c: `RETURN_ADDRESS (0)`), so none of them may carry a return probe. Its errors all pass
//! `_dl_signal_error` or `_dl_signal_exception` (elf/dl-error-skeleton.c), whoever asks `dlerror` later.

use crate::function::{Arg, Class, Failed, Function, Returns, Type};

const API: &str = "dl";

const fn call(name: &'static str, args: &'static [Arg], meaning: &'static str) -> Function {
    Function {
        api: API,
        name,
        mangled: "",
        args,
        inside: &[],
        result: Type::Pointer,
        returns: Returns::No,
        failed: Failed::Null,
        class: Class::Call,
        meaning,
    }
}

const fn error(
    name: &'static str,
    args: &'static [Arg],
    inside: &'static [(u8, u8, &'static str)],
) -> Function {
    Function {
        api: API,
        name,
        mangled: "",
        args,
        inside,
        result: Type::Void,
        returns: Returns::No,
        failed: Failed::Never,
        class: Class::LoaderError,
        meaning: "the loader gives up",
    }
}

const FILE: Arg = Arg {
    name: "file",
    kind: Type::Str,
};
const MODE: Arg = Arg {
    name: "mode",
    kind: Type::DlopenMode,
};
const HANDLE: Arg = Arg {
    name: "handle",
    kind: Type::DlHandle,
};
const NAME: Arg = Arg {
    name: "name",
    kind: Type::Str,
};
const CODE: Arg = Arg {
    name: "errcode",
    kind: Type::Errno,
};
const OCCASION: Arg = Arg {
    name: "occasion",
    kind: Type::Str,
};

/// The table.
pub const FUNCTIONS: &[Function] = &[
    Function {
        returns: Returns::Sites,
        ..call("dlopen", &[FILE, MODE], "load a library")
    },
    Function {
        returns: Returns::Sites,
        ..call(
            "dlmopen",
            &[
                Arg {
                    name: "namespace",
                    kind: Type::U64,
                },
                FILE,
                MODE,
            ],
            "load a library into a namespace of its own",
        )
    },
    call("dlsym", &[HANDLE, NAME], "look a symbol up"),
    call(
        "dlvsym",
        &[
            HANDLE,
            NAME,
            Arg {
                name: "version",
                kind: Type::Str,
            },
        ],
        "look a symbol of a version up",
    ),
    // glibc before 2.34 keeps a second way in for its own use (NSS, iconv).
    Function {
        returns: Returns::Sites,
        ..call(
            "__libc_dlopen_mode",
            &[FILE, MODE],
            "load a library, from inside the C library",
        )
    },
    error(
        "_dl_signal_error",
        &[
            CODE,
            Arg {
                name: "object",
                kind: Type::Str,
            },
            OCCASION,
            Arg {
                name: "text",
                kind: Type::Str,
            },
        ],
        &[],
    ),
    // struct dl_exception { const char *objname; const char *errstring; char *message_buffer; }
    error(
        "_dl_signal_exception",
        &[
            CODE,
            Arg {
                name: "exception",
                kind: Type::Pointer,
            },
            OCCASION,
        ],
        &[(1, 0, "object"), (1, 8, "text")],
    ),
];
