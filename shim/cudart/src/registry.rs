//! What constructors of programs register: device code, and the kernels and variables in it. No driver call is made for that.
//!
//! The code is loaded when one of its kernels or variables is first used, as the real runtime does since CUDA 12 (lazy loading). Names are
//! not copied: they are texts of the object that registered them, which unregisters its code before it is unmapped.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, MutexGuard, PoisonError};

use vgputrace_client::functions_table::{
    cuKernelGetFunction, cuLibraryGetGlobal, cuLibraryGetKernel, cuLibraryLoadData, cuLibraryUnload,
};
use vgputrace_client::{Code, Handle, In, Out, Outcome, Text};

use crate::context::bind;

/// What nvcc's `__fatDeviceText` begins with.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub(crate) struct Wrapper {
    /// 0x466243b1.
    magic: u32,
    version: u32,
    /// The code itself: a fat binary, 0xba55ed50.
    data: Handle,
}

const MAGIC: u32 = 0x4662_43b1;

/// Registered device code.
struct Image {
    data: Handle,
    /// The driver's handle once it is loaded.
    library: Option<Handle>,
    kernels: Vec<usize>,
    variables: Vec<usize>,
    has_managed: bool,
}

/// A name in an image, by the host's address for it.
struct Named {
    image: usize,
    name: Handle,
    /// The kernel's handle, or the variable's address and size, once they were asked for.
    kernel: Option<Handle>,
    place: Option<(u64, usize)>,
}

struct Registry {
    images: BTreeMap<usize, Image>,
    kernels: BTreeMap<usize, Named>,
    variables: BTreeMap<usize, Named>,
    /// Handles that were given out; functions that take a kernel take these too.
    handles: BTreeSet<usize>,
}

static REGISTRY: Mutex<Registry> = Mutex::new(Registry {
    images: BTreeMap::new(),
    kernels: BTreeMap::new(),
    variables: BTreeMap::new(),
    handles: BTreeSet::new(),
});

fn registry() -> MutexGuard<'static, Registry> {
    REGISTRY.lock().unwrap_or_else(PoisonError::into_inner)
}

/// `__cudaRegisterFatBinary`: a handle for what follows; NULL for what is no device code.
pub(crate) fn register(wrapper: In<Wrapper>) -> Handle {
    let data = match wrapper.get() {
        Ok(wrapper) if wrapper.magic == MAGIC => wrapper.data,
        _ => return Handle::NULL,
    };
    // A place that the program may look at: its type is `void **`.
    let handle = Handle(Box::into_raw(Box::new(data)).cast());
    let image = Image {
        data,
        library: None,
        kernels: Vec::new(),
        variables: Vec::new(),
        has_managed: false,
    };
    registry().images.insert(handle.value(), image);
    handle
}

/// `__cudaUnregisterFatBinary`.
pub(crate) fn unregister(handle: Handle) {
    let mut registry = registry();
    let Some(image) = registry.images.remove(&handle.value()) else {
        return;
    };
    for kernel in &image.kernels {
        registry.kernels.remove(kernel);
    }
    for variable in &image.variables {
        registry.variables.remove(variable);
    }
    drop(registry);
    // SAFETY: it was made by `register`, and only the one who took it out of the map is here.
    drop(unsafe { Box::from_raw(handle.0.cast::<Handle>()) });
    if let Some(library) = image.library {
        // At the end of a process the driver may have gone; nobody could be told.
        let _ = cuLibraryUnload(library);
    }
}

/// `__cudaRegisterFunction`.
pub(crate) fn register_kernel(handle: Handle, host: Handle, name: Text) {
    let mut registry = registry();
    let Some(image) = registry.images.get_mut(&handle.value()) else {
        return;
    };
    image.kernels.push(host.value());
    registry.kernels.insert(host.value(), named(handle, name));
}

/// `__cudaRegisterVar`.
pub(crate) fn register_variable(handle: Handle, host: Handle, name: Text) {
    let mut registry = registry();
    let Some(image) = registry.images.get_mut(&handle.value()) else {
        return;
    };
    image.variables.push(host.value());
    registry.variables.insert(host.value(), named(handle, name));
}

/// `__cudaRegisterManagedVar`: managed variables are not supported, and [`initialize`] says so.
pub(crate) fn register_managed(handle: Handle) {
    if let Some(image) = registry().images.get_mut(&handle.value()) {
        image.has_managed = true;
    }
}

/// `__cudaInitModule`: whether all the host side needs of an image is there.
pub(crate) fn initialize(handle: Handle) -> bool {
    let registry = registry();
    let image = registry.images.get(&handle.value());
    image.is_some_and(|image| !image.has_managed)
}

fn named(image: Handle, name: Text) -> Named {
    Named {
        image: image.value(),
        name: name.handle(),
        kernel: None,
        place: None,
    }
}

impl Registry {
    /// The driver's handle of an image, which is loaded when it was not.
    fn library(&mut self, image: usize) -> Result<Handle, Code> {
        let image = self.images.get_mut(&image).ok_or(Code::UNKNOWN)?;
        if let Some(library) = image.library {
            return Ok(library);
        }
        let mut library = Handle::NULL;
        cuLibraryLoadData(
            Out::to(&mut library),
            image.data,
            In::NONE,
            Handle::NULL,
            0,
            In::NONE,
            Handle::NULL,
            0,
        )?;
        image.library = Some(library);
        Ok(library)
    }

    fn kernel(&mut self, host: Handle) -> Result<Handle, Code> {
        let Some(named) = self.kernels.get(&host.value()) else {
            let known = self.handles.contains(&host.value());
            return known.then_some(host).ok_or(Code::INVALID_DEVICE_FUNCTION);
        };
        if let Some(kernel) = named.kernel {
            return Ok(kernel);
        }
        let (image, name) = (named.image, Text::at(named.name));
        let library = self.library(image)?;
        let mut kernel = Handle::NULL;
        cuLibraryGetKernel(Out::to(&mut kernel), library, name)?;
        self.handles.insert(kernel.value());
        if let Some(named) = self.kernels.get_mut(&host.value()) {
            named.kernel = Some(kernel);
        }
        Ok(kernel)
    }

    fn variable(&mut self, host: Handle) -> Result<(u64, usize), Code> {
        let named = self.variables.get(&host.value());
        let named = named.ok_or(Code::INVALID_SYMBOL)?;
        if let Some(place) = named.place {
            return Ok(place);
        }
        let (image, name) = (named.image, Text::at(named.name));
        let library = self.library(image)?;
        let (mut address, mut bytes) = (0, 0);
        cuLibraryGetGlobal(Out::to(&mut address), Out::to(&mut bytes), library, name)?;
        if let Some(named) = self.variables.get_mut(&host.value()) {
            named.place = Some((address, bytes));
        }
        Ok((address, bytes))
    }
}

/// The driver's kernel for the host's address of one.
pub(crate) fn kernel(host: Handle) -> Result<Handle, Code> {
    bind()?;
    registry().kernel(host)
}

/// Notes a kernel that came from a library the program loaded by itself.
pub(crate) fn know(kernel: Handle) {
    registry().handles.insert(kernel.value());
}

/// The kernel in the thread's context.
pub(crate) fn function(host: Handle) -> Result<Handle, Code> {
    let kernel = kernel(host)?;
    let mut function = Handle::NULL;
    cuKernelGetFunction(Out::to(&mut function), kernel)?;
    Ok(function)
}

/// Address and size of a variable on the thread's device.
pub(crate) fn variable(host: Handle) -> Result<(u64, usize), Code> {
    bind()?;
    registry().variable(host)
}

/// `__cudaGetKernel` and `cudaGetKernel`.
pub(crate) fn store_kernel(to: Out<Handle>, host: Handle) -> Outcome {
    if to.is_null() {
        return Err(Code::INVALID_VALUE);
    }
    to.set(kernel(host)?)
}

/// `cudaGetFuncBySymbol`.
pub(crate) fn store_function(to: Out<Handle>, host: Handle) -> Outcome {
    if to.is_null() {
        return Err(Code::INVALID_VALUE);
    }
    to.set(function(host)?)
}

#[cfg(test)]
mod tests {
    use vgputrace_client::{Handle, In, Text};

    use super::{MAGIC, Wrapper, initialize, register, register_kernel, registry, unregister};

    #[test]
    fn registration_needs_no_driver_and_ends_with_its_image() {
        let wrapper = Wrapper {
            magic: MAGIC,
            version: 1,
            data: Handle::new(64),
        };
        let image = register(In::from(&wrapper));
        assert!(!image.is_null());
        register_kernel(image, Handle::new(4096), Text::from(c"kernel"));
        assert!(registry().kernels.contains_key(&4096));
        assert!(initialize(image));
        unregister(image);
        assert!(!registry().kernels.contains_key(&4096));
        unregister(image);
    }

    #[test]
    fn what_is_no_device_code_is_not_registered() {
        let wrapper = Wrapper {
            magic: 7,
            version: 1,
            data: Handle::NULL,
        };
        assert!(register(In::from(&wrapper)).is_null());
        assert!(register(In::NONE).is_null());
        register_kernel(Handle::new(8), Handle::new(16), Text::from(c"kernel"));
        assert!(!registry().kernels.contains_key(&16));
    }
}
