//! The pipeline file: its tree, its types, its reader, its JSON Schema.
