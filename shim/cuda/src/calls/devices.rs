//! Devices and their properties.

use vgputrace_device::pci::Address;
use vgputrace_device::{Code, Device, attribute};

use crate::abi::{Buffer, Out, Text};
use crate::driver::driver;
use crate::export::export;

/// `CUdevprop`, in the order of its fields.
type Properties = [i32; 14];

export! {
    fn cuDeviceGet(device: Out<i32>, ordinal: i32) {
        let driver = driver()?;
        device.check()?;
        driver.device(ordinal)?;
        device.set(ordinal)
    }

    fn cuDeviceGetCount(count: Out<i32>) {
        let devices = &driver()?.devices;
        count.set(i32::try_from(devices.len()).unwrap_or(i32::MAX))
    }

    fn cuDeviceGetName(name: Buffer, len: i32, dev: i32) {
        let (_, device) = driver()?.device(dev)?;
        name.set(&device.name, len)
    }

    /// The whole device's, also for a process that sees a MIG part only.
    fn cuDeviceGetUuid(uuid: Out<[u8; 16]>, dev: i32) {
        let (_, device) = driver()?.device(dev)?;
        uuid.set(device.uuid.0)
    }

    fn cuDeviceGetUuid_v2(uuid: Out<[u8; 16]>, dev: i32) {
        let (_, device) = driver()?.device(dev)?;
        uuid.set(device.seen_uuid().0)
    }

    /// The old version has 32 bits, and says as much as fits.
    fn cuDeviceTotalMem(bytes: Out<u32>, dev: i32) {
        let (_, device) = driver()?.device(dev)?;
        bytes.set(u32::try_from(device.memory).unwrap_or(u32::MAX))
    }

    fn cuDeviceTotalMem_v2(bytes: Out<u64>, dev: i32) {
        let (_, device) = driver()?.device(dev)?;
        bytes.set(device.memory)
    }

    fn cuDeviceGetAttribute(pi: Out<i32>, attrib: i32, dev: i32) {
        let driver = driver()?;
        pi.check()?;
        let value = attribute::value(driver.device(dev)?.1, attrib);
        pi.set(value.ok_or(Code::INVALID_VALUE)?)
    }

    fn cuDeviceComputeCapability(major: Out<i32>, minor: Out<i32>, dev: i32) {
        let (_, device) = driver()?.device(dev)?;
        minor.check()?;
        major.set(ask(device, 75))?;
        minor.set(ask(device, 76))
    }

    fn cuDeviceGetProperties(prop: Out<Properties>, dev: i32) {
        let (_, device) = driver()?.device(dev)?;
        let order = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14];
        prop.set(order.map(|attribute| ask(device, attribute)))
    }

    fn cuDeviceGetPCIBusId(pciBusId: Buffer, len: i32, dev: i32) {
        let (_, device) = driver()?.device(dev)?;
        pciBusId.set(&device.pci.to_string(), len)
    }

    fn cuDeviceGetByPCIBusId(dev: Out<i32>, pciBusId: Text) {
        let driver = driver()?;
        dev.check()?;
        let place = Address::parse(&pciBusId.get()?).ok_or(Code::INVALID_VALUE)?;
        let found = driver.devices.iter().position(|device| device.pci == place);
        let index = found.ok_or(Code::INVALID_DEVICE)?;
        dev.set(i32::try_from(index).unwrap_or(i32::MAX))
    }

    /// No device reaches another one's memory here.
    fn cuDeviceCanAccessPeer(canAccessPeer: Out<i32>, dev: i32, peerDev: i32) {
        let driver = driver()?;
        driver.device(dev)?;
        driver.device(peerDev)?;
        canAccessPeer.set(0)
    }

    /// Of the four attributes only the first, a rank, could be other than 0.
    fn cuDeviceGetP2PAttribute(value: Out<i32>, attrib: i32, srcDevice: i32, dstDevice: i32) {
        let driver = driver()?;
        driver.device(srcDevice)?;
        driver.device(dstDevice)?;
        if srcDevice == dstDevice {
            return Err(Code::INVALID_DEVICE);
        }
        if !(1..=4).contains(&attrib) {
            return Err(Code::INVALID_VALUE);
        }
        value.set(0)
    }

    fn cuDeviceGetTexture1DLinearMaxWidth(
        maxWidthInElements: Out<u64>,
        format: i32,
        numChannels: u32,
        dev: i32,
    ) {
        let (_, device) = driver()?.device(dev)?;
        let bytes = match format {
            0x01 | 0x08 => 1,
            0x02 | 0x09 | 0x10 => 2,
            0x03 | 0x0a | 0x20 => 4,
            _ => return Err(Code::INVALID_VALUE),
        };
        if !matches!(numChannels, 1 | 2 | 4) {
            return Err(Code::INVALID_VALUE);
        }
        let widest = u64::try_from(ask(device, 69)).unwrap_or_default();
        maxWidthInElements.set(widest / (bytes * u64::from(numChannels)))
    }

    /// There is a share of multiprocessors (type 0) only with MPS.
    fn cuDeviceGetExecAffinitySupport(pi: Out<i32>, kind: i32, dev: i32) {
        driver()?.device(dev)?;
        if kind != 0 {
            return Err(Code::INVALID_VALUE);
        }
        pi.set(0)
    }
}

/// A known attribute.
fn ask(device: &Device, number: i32) -> i32 {
    attribute::value(device, number).unwrap_or_default()
}
