//! Real parts of a registry.
