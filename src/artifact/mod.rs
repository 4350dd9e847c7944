//! Artifacts: deterministic zips and content addresses. Bytes in, bytes out.
