//! Rules as tables, pages and JSON as expected files.
