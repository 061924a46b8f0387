//! Which functions carry probes, and what the kernel side reads of each.

use vgputrace_api::{Class, Failed, Function, Returns, Size, Type};
use vgputrace_ebpf::wire::FnDesc;
use vgputrace_ebpf::wire::function::{
    BLOB, DESC_COUNTED, DESC_FAILS_NONZERO, DESC_NO_RETURN, DESC_OUTS, DESC_RETURN_PROBE, INPUTS,
    NONE, RESULT, STACK,
};

use super::constructor::{CONSTRUCTOR, Label};
use super::place::{Place, places, registers};

/// A function of an object that carries a probe.
#[derive(Clone, Copy, Debug)]
pub struct Probe {
    /// What is known of the function.
    pub function: &'static Function,
    /// Index of the object in [`Probes`].
    object: usize,
    /// Virtual address of its first probed instruction in the object.
    pub(super) address: u64,
    /// Its return will not be seen.
    pub entry_only: bool,
    /// Index of a constructor's own name in [`Probes`].
    label: Option<usize>,
}

/// All probes, by the number the kernel side reports.
#[derive(Debug, Default)]
pub struct Probes {
    list: Vec<Probe>,
    objects: Vec<String>,
    labels: Vec<Label>,
}

impl Probes {
    /// Adds an object; its index is for [`Self::add`].
    pub fn object(&mut self, path: &str) -> usize {
        self.objects.push(path.to_owned());
        self.objects.len() - 1
    }

    /// Adds a function of an object and returns its number. `entry_only` when its return cannot be seen.
    pub fn add(
        &mut self,
        function: &'static Function,
        object: usize,
        address: u64,
        entry_only: bool,
    ) -> u32 {
        self.push(Probe {
            function,
            object,
            address,
            entry_only,
            label: None,
        })
    }

    /// Adds a constructor of an object and returns its number.
    pub fn add_constructor(
        &mut self,
        label: Label,
        object: usize,
        address: u64,
        entry_only: bool,
    ) -> u32 {
        self.labels.push(label);
        self.push(Probe {
            function: &CONSTRUCTOR,
            object,
            address,
            entry_only,
            label: Some(self.labels.len() - 1),
        })
    }

    fn push(&mut self, probe: Probe) -> u32 {
        self.list.push(probe);
        u32::try_from(self.list.len() - 1).unwrap_or(u32::MAX)
    }

    /// A constructor's own name and place.
    pub(super) fn label(&self, probe: &Probe) -> Option<&Label> {
        self.labels.get(probe.label?)
    }

    /// What a function is called: by the table, or a constructor by its own name.
    pub(super) fn name(&self, probe: &Probe) -> &str {
        self.label(probe)
            .map_or(probe.function.name, |label| &label.name)
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.list.len()
    }

    /// True when no function carries a probe.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    pub(in crate::source::tracker) fn get(&self, number: u32) -> Option<(Probe, &str)> {
        let probe = *self.list.get(number as usize)?;
        Some((probe, self.objects.get(probe.object)?))
    }
}

/// What the kernel side has to read for a constructor.
#[must_use]
pub fn constructor_descriptor(entry_only: bool) -> FnDesc {
    descriptor(&CONSTRUCTOR, entry_only)
}

/// What the kernel side has to read for a function.
#[must_use]
pub fn descriptor(function: &Function, entry_only: bool) -> FnDesc {
    let mut desc = FnDesc {
        inputs: [NONE; 4],
        inside: [NONE; 4],
        sizes: [0; 4],
        outs: [NONE; 4],
        out_sizes: [0; 4],
        blob: NONE,
        blob_length: NONE,
        bytes: NONE,
        count: 0,
        blob_size: 0,
        flags: 0,
        registers: registers(function),
        zero2: 0,
    };
    let places = places(function);
    inputs(function, &places, &mut desc);
    outputs(function, &places, &mut desc);
    if function.returns == Returns::Probe {
        desc.flags |= DESC_RETURN_PROBE;
    }
    if is_driver(function) {
        desc.flags |= DESC_COUNTED;
        desc.bytes = bytes_of(function)
            .and_then(|index| places.get(index))
            .map_or(NONE, |place| register(*place));
    }
    if matches!(function.failed, Failed::NonZero | Failed::Negative) {
        desc.flags |= DESC_FAILS_NONZERO;
    }
    if entry_only {
        desc.flags |= DESC_NO_RETURN;
    }
    desc
}

/// A function of a driver or runtime: it may be called very often.
pub(super) fn is_driver(function: &Function) -> bool {
    function.class == Class::Call && !matches!(function.api, "dl" | "ggml" | "constructor")
}

/// In which order inputs are sent: strings, strings inside structures, structures, arguments on the stack.
fn inputs(function: &Function, places: &[Place], desc: &mut FnDesc) {
    let direct = |wanted: fn(Type) -> bool| {
        places
            .iter()
            .zip(function.args)
            .filter(move |(_, arg)| wanted(arg.kind))
            .map(|(place, arg)| (register(*place), NONE, fixed(arg.kind.input())))
    };
    let inside = function.inside.iter().filter_map(|(argument, offset, _)| {
        let place = places.get(usize::from(*argument))?;
        Some((register(*place), *offset, 0))
    });
    let words = places
        .iter()
        .filter(|place| matches!(place, Place::Stack(_)))
        .count();
    let stack = (words > 0).then(|| (STACK, NONE, u8::try_from(words * 8).unwrap_or(0)));
    let all = direct(Type::is_string)
        .chain(inside)
        .chain(direct(|kind| kind.input().is_some()))
        .chain(stack);
    for (slot, (place, inside, size)) in all.take(INPUTS).enumerate() {
        desc.inputs[slot] = place;
        desc.inside[slot] = inside;
        desc.sizes[slot] = size;
        desc.count = u8::try_from(slot + 1).unwrap_or(0);
    }
}

fn outputs(function: &Function, places: &[Place], desc: &mut FnDesc) {
    let mut outs = 0;
    for (place, arg) in places.iter().zip(function.args) {
        if let Some(size) = arg.kind.out_size() {
            if outs < desc.outs.len() {
                desc.outs[outs] = register(*place);
                desc.out_sizes[outs] = size;
                outs += 1;
            }
        } else if let Some(size) = arg.kind.output()
            && desc.blob == NONE
        {
            desc.blob = register(*place);
            match size {
                Size::Bytes(bytes) => desc.blob_size = u32::from(bytes).min(BLOB as u32 - 1),
                Size::Argument(index) => {
                    desc.blob_length = places
                        .get(usize::from(index))
                        .map_or(NONE, |place| register(*place));
                }
            }
        }
    }
    if outs > 0 || desc.blob != NONE {
        desc.flags |= DESC_OUTS;
    }
    if function.result == Type::Str && desc.blob == NONE {
        desc.blob = RESULT;
    }
}

/// The argument that says how much is moved or taken.
pub(super) fn bytes_of(function: &Function) -> Option<usize> {
    const NAMES: [&str; 4] = ["ByteCount", "bytesize", "size", "sizeBytes"];
    function
        .args
        .iter()
        .position(|arg| arg.kind == Type::U64 && NAMES.contains(&arg.name))
}

fn register(place: Place) -> u8 {
    match place {
        Place::Register(number) => number,
        Place::Stack(_) | Place::Elsewhere => NONE,
    }
}

fn fixed(size: Option<Size>) -> u8 {
    match size {
        Some(Size::Bytes(bytes)) => u8::try_from(bytes).unwrap_or(0),
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use vgputrace_ebpf::wire::function::{NONE, RESULT, STACK};

    use super::{descriptor, is_driver};

    #[test]
    fn every_output_of_the_discovery_set_is_read() {
        for function in vgputrace_api::driver::discovery() {
            let desc = descriptor(function, false);
            let wanted = |arg: &&vgputrace_api::Arg| arg.kind.output().is_some();
            let read = desc.outs.iter().filter(|out| **out != NONE).count()
                + usize::from(desc.blob != NONE && desc.blob != RESULT);
            let name = function.name;
            assert_eq!(read, function.args.iter().filter(wanted).count(), "{name}");
            assert!(is_driver(function), "{name}");
        }
    }

    #[test]
    fn strings_come_before_words_of_the_stack() {
        let load = vgputrace_api::driver::by_name("cuLibraryLoadFromFile").unwrap();
        let desc = descriptor(load, false);
        assert_eq!(desc.inputs, [1, STACK, NONE, NONE]);
        assert_eq!(desc.sizes, [0, 16, 0, 0]);
        let error = vgputrace_api::driver::by_name("nvmlErrorString").unwrap();
        assert_eq!(descriptor(error, false).blob, RESULT);
    }
}
