//! Vulkan's calls that find GPUs. Signatures: vulkan_core.h. Layers, drivers and the program's own allocator are called
//! back from inside, so returns are seen at `ret` instructions.

use crate::annotated::calls;
use crate::layout::Struct;
use crate::names::{Name, Names};
use crate::value::Handle;

/// `VkResult` (vulkan_core.h): results, and the errors of calls that look for GPUs.
pub(crate) const RESULTS: &[Name] = &[
    Name {
        number: -13,
        name: "VK_ERROR_UNKNOWN",
    },
    Name {
        number: -12,
        name: "VK_ERROR_FRAGMENTED_POOL",
    },
    Name {
        number: -11,
        name: "VK_ERROR_FORMAT_NOT_SUPPORTED",
    },
    Name {
        number: -10,
        name: "VK_ERROR_TOO_MANY_OBJECTS",
    },
    Name {
        number: -9,
        name: "VK_ERROR_INCOMPATIBLE_DRIVER",
    },
    Name {
        number: -8,
        name: "VK_ERROR_FEATURE_NOT_PRESENT",
    },
    Name {
        number: -7,
        name: "VK_ERROR_EXTENSION_NOT_PRESENT",
    },
    Name {
        number: -6,
        name: "VK_ERROR_LAYER_NOT_PRESENT",
    },
    Name {
        number: -5,
        name: "VK_ERROR_MEMORY_MAP_FAILED",
    },
    Name {
        number: -4,
        name: "VK_ERROR_DEVICE_LOST",
    },
    Name {
        number: -3,
        name: "VK_ERROR_INITIALIZATION_FAILED",
    },
    Name {
        number: -2,
        name: "VK_ERROR_OUT_OF_DEVICE_MEMORY",
    },
    Name {
        number: -1,
        name: "VK_ERROR_OUT_OF_HOST_MEMORY",
    },
    Name {
        number: 0,
        name: "VK_SUCCESS",
    },
    Name {
        number: 1,
        name: "VK_NOT_READY",
    },
    Name {
        number: 2,
        name: "VK_TIMEOUT",
    },
    Name {
        number: 5,
        name: "VK_INCOMPLETE",
    },
];

calls! {
    "vulkan", Sites;
    "open a GPU for work"
    vkCreateDevice [(physicalDevice: Handle(Handle::VkPhysicalDevice)), (pCreateInfo: Input), (pAllocator: Input), (pDevice: OutHandle(Handle::VkDevice))] (Enum(Names::VkResult)) (Negative);
    "start Vulkan: the loader reads its manifests and loads drivers"
    vkCreateInstance [(pCreateInfo: InStruct(Struct::VkInstanceCreateInfo)), (pAllocator: Input), (pInstance: OutHandle(Handle::VkInstance))] (Enum(Names::VkResult)) (Negative);
    "end Vulkan"
    vkDestroyInstance [(instance: Handle(Handle::VkInstance)), (pAllocator: Input)] (Void) (Never);
    "list what instances can do beyond the core"
    vkEnumerateInstanceExtensionProperties [(pLayerName: Str), (pPropertyCount: OutU32), (pProperties: Pointer)] (Enum(Names::VkResult)) (Negative);
    "list the layers that are installed"
    vkEnumerateInstanceLayerProperties [(pPropertyCount: OutU32), (pProperties: Pointer)] (Enum(Names::VkResult)) (Negative);
    "say which Vulkan version the loader can serve"
    vkEnumerateInstanceVersion [(pApiVersion: OutU32)] (Enum(Names::VkResult)) (Negative);
    "list the GPUs of all drivers"
    vkEnumeratePhysicalDevices [(instance: Handle(Handle::VkInstance)), (pPhysicalDeviceCount: OutU32), (pPhysicalDevices: Pointer)] (Enum(Names::VkResult)) (Negative);
    "look a function up by name"
    vkGetInstanceProcAddr [(instance: Handle(Handle::VkInstance)), (pName: Str)] (Pointer) (Null);
    "give a GPU's memory heaps"
    vkGetPhysicalDeviceMemoryProperties [(physicalDevice: Handle(Handle::VkPhysicalDevice)), (pMemoryProperties: Pointer)] (Void) (Never);
    "give a GPU's name, ids and versions"
    vkGetPhysicalDeviceProperties [(physicalDevice: Handle(Handle::VkPhysicalDevice)), (pProperties: OutStruct(Struct::VkPhysicalDeviceProperties))] (Void) (Never);
    "give a GPU's properties, as a chain of structures"
    vkGetPhysicalDeviceProperties2 [(physicalDevice: Handle(Handle::VkPhysicalDevice)), (pProperties: Pointer)] (Void) (Never);
}
