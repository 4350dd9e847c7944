//! Arguments, settings, exit codes, composition.
