//! Independent servers that stand in for AWS: what is rendered is deployed to them by the same binary, unchanged but for
//! the types that they do not know, and read back through boto3.
//!
//! What each lacks is data (`tests/wire/<server>.json`), and is checked as well: a type or a setting that begins to work
//! fails the test until it is taken off the list. Nothing here says how AWS behaves; it says that what Sluice
//! sends is understood by a server that nobody here wrote.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::disallowed_methods,
    reason = "a test starts other programs and stops where it cannot"
)]

#[path = "support/folder.rs"]
mod folder;
#[path = "support/python.rs"]
mod python;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Map, Value, json};

/// A server that stands in for AWS; ends with the test.
struct Server {
    name: &'static str,
    process: Child,
    port: u16,
    folder: tempfile::TempDir,
}

impl Server {
    /// Starts one on a free port of loopback and waits until it listens.
    fn start(name: &'static str, command: impl FnOnce(&mut Command, u16)) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let program = python::tool(name);
        let log = fs::File::create(folder.path().join("log")).unwrap();
        let mut start = Command::new(&program);
        command(&mut start, port);
        let process = start
            .current_dir(folder.path())
            .stdin(Stdio::null())
            .stdout(log.try_clone().unwrap())
            .stderr(log)
            .spawn()
            .unwrap_or_else(|error| panic!("{}: {error}; {}", program.display(), python::HOW));
        let server = Self { name, process, port, folder };
        let patience = Instant::now() + Duration::from_secs(60);
        while TcpStream::connect(("127.0.0.1", port)).is_err() {
            assert!(Instant::now() < patience, "{name} does not listen: {}", server.log());
            std::thread::sleep(Duration::from_millis(50));
        }
        server
    }

    fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    fn log(&self) -> String {
        fs::read_to_string(self.folder.path().join("log")).unwrap_or_default()
    }

    fn known(&self) -> PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/wire/{}.json", self.name))
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// What a server is known to lack.
struct Known(Value);

impl Known {
    fn of(server: &Server) -> Self {
        Self(serde_json::from_str(&fs::read_to_string(server.known()).unwrap()).unwrap())
    }

    /// The entry that leaves a resource out: its type, or its type and a text that its properties contain.
    fn leaves_out(&self, resource: &Value) -> Option<&str> {
        let type_name = resource["Type"].as_str()?;
        self.0["left_out"].as_object()?.keys().map(String::as_str).find(|entry| match entry.split_once('.') {
            None => *entry == type_name,
            Some((entry, text)) => entry == type_name && resource["Properties"].to_string().contains(text),
        })
    }

    /// Everything of a template that is left out: what the list says, and what cannot be without it.
    fn left_out<'a>(&self, resources: &'a Map<String, Value>) -> BTreeSet<&'a str> {
        let mut out: BTreeSet<&str> =
            resources.iter().filter(|(_, r)| self.leaves_out(r).is_some()).map(|(id, _)| id.as_str()).collect();
        loop {
            let lost = resources.iter().find(|(id, resource)| {
                let properties = resource["Properties"].to_string();
                let needs = |other: &&&str| {
                    service(resource) == service(&resources[**other]) && properties.contains(&format!("\"{other}\""))
                };
                !out.contains(id.as_str())
                    && out.iter().filter(needs).any(|other| !matches!(stand_in(&resources[*other]), Value::Object(_)))
            });
            match lost {
                Some((id, _)) => out.insert(id),
                None => return out,
            };
        }
    }
}

/// One project on one server.
struct Deployer<'a> {
    project: &'a Path,
    server: &'a Server,
}

impl Deployer<'_> {
    fn sluice(&self, arguments: &[&str]) -> Output {
        let mut command = Command::new(env!("CARGO_BIN_EXE_sluice"));
        command.args(arguments).current_dir(self.project).env_clear().env("HOME", self.project).env("NO_COLOR", "1");
        command.stdin(Stdio::null()).output().unwrap()
    }

    /// Runs and must end with `code`.
    fn ends(&self, code: i32, arguments: &[&str]) -> String {
        let done = self.sluice(arguments);
        let told = String::from_utf8_lossy(&done.stderr).into_owned();
        assert_eq!(done.status.code(), Some(code), "sluice {arguments:?} on {}: {told}", self.server.name);
        String::from_utf8(done.stdout).unwrap()
    }

    fn render(&self, pipeline: &str) -> Value {
        serde_json::from_str(&self.ends(0, &["render", pipeline, "--env", "wire", "--output", "json"])).unwrap()
    }

    /// Writes the pipeline file with this in its escape hatch, and keeps the rest as it stands.
    fn patch(&self, pipeline: &str, patch: &Map<String, Value>) {
        let path = self.project.join(format!("stacks/{pipeline}/pipeline.yaml"));
        let mut spec: serde_yaml::Value = serde_yaml::from_str(&fs::read_to_string(&path).unwrap()).unwrap();
        let section = &mut spec["cloudformation"];
        if section.is_null() {
            *section = serde_yaml::from_str("{}").unwrap();
        }
        let mut own: Map<String, Value> =
            section.get("patch").and_then(|own| serde_yaml::from_value(own.clone()).ok()).unwrap_or_default();
        for (id, value) in patch {
            match (own.get_mut(id).and_then(Value::as_object_mut), value.as_object()) {
                (Some(own), Some(more)) => own.extend(more.clone()),
                _ => drop(own.insert(id.clone(), value.clone())),
            }
        }
        section["patch"] = serde_yaml::to_value(own).unwrap();
        fs::write(path, serde_yaml::to_string(&spec).unwrap()).unwrap();
    }
}

/// The patch that leaves out what a server does not know: the resources themselves, and every reference to them.
fn without(template: &Value, known: &Known) -> Map<String, Value> {
    let resources = template["Resources"].as_object().unwrap();
    let out = known.left_out(resources);
    let left_out = |id: &str| out.contains(id);
    let mut patch = Map::new();
    for (id, resource) in resources {
        if left_out(id) {
            patch.insert(id.clone(), Value::Null);
            continue;
        }
        for (name, property) in resource["Properties"].as_object().into_iter().flatten() {
            let replaced = replace(property, &|id| left_out(id).then(|| stand_in(&resources[id])));
            if replaced != *property {
                let own = patch.entry(id.clone()).or_insert_with(|| json!({}));
                own[name] = replaced;
            }
        }
    }
    patch
}

/// `AWS::SageMaker` of `AWS::SageMaker::Model`.
fn service(resource: &Value) -> Option<&str> {
    Some(resource["Type"].as_str()?.rsplit_once("::")?.0)
}

/// What stands for a reference to something that is left out: for a reader or a name of something else, that
/// something; otherwise a text.
fn stand_in(resource: &Value) -> Value {
    let properties = &resource["Properties"];
    match resource["Type"].as_str().unwrap() {
        "AWS::Kinesis::StreamConsumer" => properties["StreamARN"].clone(),
        "AWS::Lambda::Alias" => properties["FunctionName"].clone(),
        other => json!(format!("left-out-{}", other.rsplit("::").next().unwrap().to_lowercase())),
    }
}

fn replace(value: &Value, stand_in: &dyn Fn(&str) -> Option<Value>) -> Value {
    match value {
        Value::Object(members) => {
            let target = match (members.get("Ref"), members.get("Fn::GetAtt")) {
                (Some(Value::String(id)), _) => Some(id.as_str()),
                (_, Some(Value::Array(parts))) => parts.first().and_then(Value::as_str),
                _ => None,
            };
            if let Some(replaced) = target.and_then(stand_in) {
                return replaced;
            }
            members.iter().map(|(name, member)| (name.clone(), replace(member, stand_in))).collect::<Map<_, _>>().into()
        }
        Value::Array(items) => items.iter().map(|item| replace(item, stand_in)).collect(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => value.clone(),
    }
}

/// A change to something of each kind that these servers can change in place.
fn edits(template: &Value) -> Map<String, Value> {
    let mut patch = Map::new();
    for (id, resource) in template["Resources"].as_object().unwrap() {
        let more = |name: &str, by: i64| resource["Properties"][name].as_i64().map(|value| json!({name: value + by}));
        let edit = match resource["Type"].as_str().unwrap() {
            "AWS::Kinesis::Stream" => more("RetentionPeriodHours", 24),
            "AWS::Lambda::EventSourceMapping" => more("BatchSize", -1),
            "AWS::SQS::Queue" => more("MessageRetentionPeriod", -60),
            _ => None,
        };
        if let Some(edit) = edit {
            patch.insert(id.clone(), edit);
        }
    }
    patch
}

fn wire(server: &Server, account: &str) {
    let project = tempfile::tempdir().unwrap();
    folder::fill(project.path());
    let deployer = Deployer { project: project.path(), server };
    let environment = format!(
        "environment: wire\ntier: staging\ntarget: {{endpoint: {{url: \"{}\"}}}}\naccount: \"{account}\"\nregions: [eu-west-1]\n\
         notify: {{email: oncall@example.com}}\npermissions_boundary: arn:aws:iam::{account}:policy/workload-boundary\n\
         networks: {{private: {{subnets: [subnet-0aaaaaaaaaaaaaaa1], security_groups: [sg-0aaaaaaaaaaaaaaa1]}}}}\n",
        server.url()
    );
    fs::write(project.path().join("environments/wire.yaml"), environment).unwrap();
    let known = Known::of(server);
    let pipelines: Vec<String> = {
        let mut names: Vec<String> = fs::read_dir(project.path().join("stacks"))
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    };

    let rendered = project.path().join("rendered");
    fs::create_dir_all(&rendered).unwrap();
    let mut probes: BTreeMap<String, Value> = BTreeMap::new();
    let mut files = Vec::new();
    for pipeline in &pipelines {
        let template = deployer.render(pipeline);
        for (id, resource) in template["Resources"].as_object().unwrap() {
            if let Some(entry) = known.leaves_out(resource) {
                probes.entry(entry.to_owned()).or_insert(json!([id, resource]));
            }
        }
        deployer.patch(pipeline, &without(&template, &known));
        deployer.ends(0, &["deploy", pipeline, "--env", "wire", "--yes"]);
        let file = rendered.join(format!("{pipeline}-wire.json"));
        fs::write(&file, deployer.render(pipeline).to_string()).unwrap();
        files.push(file);
    }
    let ask = |round: &str, files: &[PathBuf]| {
        let arguments = [server.url(), "eu-west-1".to_owned(), server.known().display().to_string(), round.to_owned()];
        let files: Vec<String> = files.iter().map(|file| file.display().to_string()).collect();
        python::passes("tests/python/wire.py", &[&arguments[..], &files[..]].concat());
    };
    ask("made", &files);

    // Nothing to do, then something, then nothing again.
    for (pipeline, file) in pipelines.iter().zip(&files) {
        deployer.ends(0, &["plan", pipeline, "--env", "wire", "--detailed-exitcode"]);
        deployer.patch(pipeline, &edits(&deployer.render(pipeline)));
        let planned = deployer.ends(2, &["plan", pipeline, "--env", "wire", "--detailed-exitcode", "--output", "json"]);
        let flags = consent(&planned);
        let agreed = flags.iter().flat_map(|flag| flag.split(' '));
        let deploy: Vec<&str> = ["deploy", pipeline, "--env", "wire", "--yes"].into_iter().chain(agreed).collect();
        deployer.ends(0, &deploy);
        fs::write(file, deployer.render(pipeline).to_string()).unwrap();
        deployer.ends(0, &["plan", pipeline, "--env", "wire", "--detailed-exitcode"]);
    }
    ask("updated", &files);

    for pipeline in &pipelines {
        // A server that refuses to delete must go on refusing, or come off the list.
        let code = if known.0["destroy"].is_null() { 0 } else { 1 };
        deployer.ends(code, &["destroy", pipeline, "--env", "wire", "--yes"]);
    }

    let unknown: Vec<&String> =
        known.0["left_out"].as_object().unwrap().keys().filter(|name| !probes.contains_key(*name)).collect();
    assert!(unknown.is_empty(), "{}: left out, and no pipeline has it: {unknown:?}", server.name);
    let file = rendered.join("probes");
    fs::write(&file, serde_json::to_string(&probes).unwrap()).unwrap();
    ask("probe", &[file]);
}

/// What a plan asks to be agreed to by name. A server may foresee a replacement where nothing will be replaced, and a change set's
/// word counts.
fn consent(plan: &str) -> Vec<String> {
    let plan: Value = serde_json::from_str(plan).unwrap();
    let asked = plan["consent"].as_array().into_iter().flatten();
    asked.map(|permission| permission["flag"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn moto_understands_what_is_deployed() {
    let server = Server::start("moto_server", |command, port| {
        command.args(["-H", "127.0.0.1", "-p", &port.to_string()]);
    });
    wire(&server, "123456789012");
}

#[test]
fn ministack_understands_what_is_deployed() {
    let server = Server::start("ministack", |command, port| {
        command.env("BIND_HOST", "127.0.0.1").env("GATEWAY_PORT", port.to_string());
    });
    wire(&server, "000000000000");
}
