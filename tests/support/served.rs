//! An embedded cloud on loopback, for as long as a test runs.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};

/// A served cloud of a project's environment `local`; ends with the test.
pub struct Served {
    process: Child,
    /// Its address.
    pub url: String,
}

impl Served {
    /// Serves it on a free port.
    pub fn start(project: &Path) -> Self {
        let mut process = Command::new(env!("CARGO_BIN_EXE_sluice"))
            .args(["embedded", "serve", "--port", "0"])
            .current_dir(project)
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("the binary runs");
        let mut line = String::new();
        BufReader::new(process.stdout.take().expect("is piped")).read_line(&mut line).expect("it says where it is");
        let url = line.trim().strip_prefix("AWS_ENDPOINT_URL=").expect("it says its address").to_owned();
        let served = Self { process, url };
        assert!(served.ask("GET", "/").starts_with("HTTP/1.1"), "it answers");
        served
    }

    /// The first line of the answer to a request without a body.
    pub fn ask(&self, method: &str, path: &str) -> String {
        let address = self.url.strip_prefix("http://").expect("is no other protocol");
        let mut stream = TcpStream::connect(address).expect("it listens");
        let request = format!("{method} {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n");
        stream.write_all(request.as_bytes()).expect("it reads");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).expect("it answers in text");
        answer.lines().next().unwrap_or_default().to_owned()
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
