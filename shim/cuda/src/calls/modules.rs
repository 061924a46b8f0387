//! Modules and libraries: device code and the kernels in it. It is read, not compiled; variables in it have no memory.

use std::sync::Arc;

use vgputrace_device::Code;
use vgputrace_device::device::Compute;
use vgputrace_device::image::Kernel;

use crate::abi::{Handle, In, Out, Text};
use crate::code;
use crate::driver::{Driver, driver};
use crate::export::export;
use crate::objects::{Function, Holder};

/// `CU_MODULE_LAZY_LOADING`.
const LAZY: i32 = 2;

export! {
    fn cuModuleLoad(module: Out<Handle>, fname: Text) {
        let driver = driver()?;
        let current = driver.current()?;
        module.check()?;
        let kernels = code::in_file(&fname.get()?, compute(driver, current.device)?)?;
        module.set(hold(driver, kernels, Some(current.context)))
    }

    fn cuModuleLoadData(module: Out<Handle>, image: In<u8>) {
        load(driver()?, module, image)
    }

    /// Options are for a compiler, and there is none.
    fn cuModuleLoadDataEx(
        module: Out<Handle>,
        image: In<u8>,
        numOptions: u32,
        options: In<i32>,
        optionValues: In<u64>,
    ) {
        let _ = (numOptions, options, optionValues);
        load(driver()?, module, image)
    }

    fn cuModuleLoadFatBinary(module: Out<Handle>, fatCubin: In<u8>) {
        load(driver()?, module, fatCubin)
    }

    fn cuModuleUnload(hmod: Handle) {
        let driver = driver()?;
        let mut objects = driver.objects();
        objects.holders.get(hmod).and_then(module_only)?;
        objects.drop_holder(hmod)
    }

    fn cuModuleGetLoadingMode(mode: Out<i32>) {
        driver()?;
        mode.set(LAZY)
    }

    fn cuModuleGetFunction(hfunc: Out<Handle>, hmod: Handle, name: Text) {
        let driver = driver()?;
        hfunc.check()?;
        hfunc.set(find(driver, hmod, &name.get()?)?)
    }

    fn cuModuleGetFunctionCount(count: Out<u32>, hmod: Handle) {
        count.set(functions(driver()?, hmod)?.len() as u32)
    }

    fn cuModuleEnumerateFunctions(functions: Out<Handle>, numFunctions: u32, hmod: Handle) {
        list(driver()?, functions, numFunctions, hmod)
    }

    /// A library belongs to no context; what fits is chosen for the first device.
    fn cuLibraryLoadData(
        library: Out<Handle>,
        code: In<u8>,
        jitOptions: In<i32>,
        jitOptionsValues: In<u64>,
        numJitOptions: u32,
        libraryOptions: In<i32>,
        libraryOptionValues: In<u64>,
        numLibraryOptions: u32,
    ) {
        let _ = (jitOptions, jitOptionsValues, numJitOptions);
        let _ = (libraryOptions, libraryOptionValues, numLibraryOptions);
        let driver = driver()?;
        library.check()?;
        let kernels = code::in_memory(code, compute(driver, 0)?)?;
        library.set(hold(driver, kernels, None))
    }

    fn cuLibraryLoadFromFile(
        library: Out<Handle>,
        fileName: Text,
        jitOptions: In<i32>,
        jitOptionsValues: In<u64>,
        numJitOptions: u32,
        libraryOptions: In<i32>,
        libraryOptionValues: In<u64>,
        numLibraryOptions: u32,
    ) {
        let _ = (jitOptions, jitOptionsValues, numJitOptions);
        let _ = (libraryOptions, libraryOptionValues, numLibraryOptions);
        let driver = driver()?;
        library.check()?;
        let kernels = code::in_file(&fileName.get()?, compute(driver, 0)?)?;
        library.set(hold(driver, kernels, None))
    }

    fn cuLibraryUnload(library: Handle) {
        let driver = driver()?;
        let mut objects = driver.objects();
        if objects.holders.get(library)?.context.is_some() {
            return Err(Code::INVALID_HANDLE);
        }
        objects.drop_holder(library)
    }

    fn cuLibraryGetKernel(pKernel: Out<Handle>, library: Handle, name: Text) {
        let driver = driver()?;
        pKernel.check()?;
        pKernel.set(find(driver, library, &name.get()?)?)
    }

    fn cuLibraryGetKernelCount(count: Out<u32>, lib: Handle) {
        count.set(functions(driver()?, lib)?.len() as u32)
    }

    fn cuLibraryEnumerateKernels(kernels: Out<Handle>, numKernels: u32, lib: Handle) {
        list(driver()?, kernels, numKernels, lib)
    }

    /// The library seen from the thread's context: the same thing.
    fn cuLibraryGetModule(pMod: Out<Handle>, library: Handle) {
        let driver = driver()?;
        driver.current()?;
        functions(driver, library)?;
        pMod.set(library)
    }

    /// The kernel seen from the thread's context: the same thing.
    fn cuKernelGetFunction(pFunc: Out<Handle>, kernel: Handle) {
        let driver = driver()?;
        driver.current()?;
        driver.objects().functions.get(kernel)?;
        pFunc.set(kernel)
    }

    fn cuKernelGetLibrary(pLib: Out<Handle>, kernel: Handle) {
        let holder = driver()?.objects().functions.get(kernel)?.holder;
        pLib.set(holder)
    }

    fn cuFuncGetModule(hmod: Out<Handle>, hfunc: Handle) {
        let holder = driver()?.objects().functions.get(hfunc)?.holder;
        hmod.set(holder)
    }
}

fn module_only(holder: &Holder) -> Result<(), Code> {
    holder.context.map(|_| ()).ok_or(Code::INVALID_HANDLE)
}

fn compute(driver: &Driver, device: usize) -> Result<Compute, Code> {
    let device = driver.devices.get(device);
    device
        .map(|device| device.compute)
        .ok_or(Code::INVALID_DEVICE)
}

fn load(driver: &Driver, place: Out<Handle>, image: In<u8>) -> Result<(), Code> {
    let current = driver.current()?;
    place.check()?;
    let kernels = code::in_memory(image, compute(driver, current.device)?)?;
    place.set(hold(driver, kernels, Some(current.context)))
}

/// Takes kernels in, under a handle for all and one for each.
fn hold(driver: &Driver, kernels: Vec<Arc<Kernel>>, context: Option<Handle>) -> Handle {
    let mut objects = driver.objects();
    let holder = objects.holders.insert(Holder {
        context,
        functions: Vec::new(),
    });
    let functions: Vec<Handle> = kernels
        .into_iter()
        .map(|kernel| {
            let name = code::c_name(&kernel);
            objects.functions.insert(Function {
                holder,
                kernel,
                name,
                dynamic_shared: None,
                carveout: -1,
            })
        })
        .collect();
    if let Ok(held) = objects.holders.get_mut(holder) {
        held.functions = functions;
    }
    holder
}

fn functions(driver: &Driver, holder: Handle) -> Result<Vec<Handle>, Code> {
    driver
        .objects()
        .holders
        .get(holder)
        .map(|held| held.functions.clone())
}

fn find(driver: &Driver, holder: Handle, name: &str) -> Result<Handle, Code> {
    let objects = driver.objects();
    let functions = &objects.holders.get(holder)?.functions;
    let has_name = |handle: &&Handle| {
        let function = objects.functions.get(**handle);
        function.is_ok_and(|function| function.kernel.name == name)
    };
    functions
        .iter()
        .find(has_name)
        .copied()
        .ok_or(Code::NOT_FOUND)
}

fn list(driver: &Driver, place: Out<Handle>, most: u32, holder: Handle) -> Result<(), Code> {
    for (index, function) in functions(driver, holder)?
        .iter()
        .take(most as usize)
        .enumerate()
    {
        place.at(index).set(*function)?;
    }
    Ok(())
}
