//! The embedded cloud: AWS inside the binary, as an HTTP client and as a loopback server.
