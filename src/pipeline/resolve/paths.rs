//! Paths that a pipeline file names: handler folders and model files.

use super::Resolver;
use super::finding::Finding;
use crate::diagnostic::Code;
use crate::pipeline::facts::PathFact;
use crate::spec::handler_files;

/// Whether a path is not one inside the folder that it starts from.
pub(super) fn leads_out(path: &str) -> bool {
    path.starts_with('/') || path.contains('\\') || path.split('/').any(|part| part == "..")
}

impl Resolver<'_> {
    /// Checks the folder of a handler and that it holds the handler's file.
    pub(super) fn check_handler(&mut self, path: &str, code: &str, handler: &str, runtime: &str) {
        let code_path = format!("{path}.code");
        match self.judge(&code_path, code) {
            Some(PathFact::Folder) => {}
            Some(PathFact::File { .. }) => {
                let title = format!("`{code}` is a file; `code` names the folder of a handler");
                self.push(self.error(Code::MissingFile, &code_path, title).help("name the folder that holds it"));
                return;
            }
            Some(PathFact::Missing | PathFact::Outside | PathFact::Loop) | None => return,
        }
        if handler.is_empty() {
            return;
        }
        let candidates = handler_files(code, handler, runtime);
        let facts: Vec<PathFact> = candidates.iter().filter_map(|file| self.folder.get(file)).collect();
        let looked_at_all = facts.len() == candidates.len() && !candidates.is_empty();
        if looked_at_all && !facts.iter().any(|fact| matches!(fact, PathFact::File { .. })) {
            let title = format!("no file in `{code}` holds the handler `{handler}`");
            let looked: Vec<String> = candidates.iter().map(|file| format!("`{file}`")).collect();
            let finding = self.error(Code::MissingFile, &format!("{path}.handler"), title);
            let help = "create one of them, or name the handler as `module.function` of a file that is there";
            self.push(finding.note(format!("looked for {}", looked.join(", "))).help(help));
        }
    }

    /// Checks what a build reads besides its folder.
    pub(super) fn check_input(&mut self, at: &str, path: &str) {
        self.judge(at, path);
    }

    /// Checks a file of Python requirements.
    pub(super) fn check_requirements_file(&mut self, at: &str, path: &str) {
        if let Some(PathFact::Folder) = self.judge(at, path) {
            let title = format!("`{path}` is a folder; `requirements` names a file");
            self.push(self.error(Code::MissingFile, at, title));
        }
    }

    /// Checks a model file.
    pub(super) fn check_model_file(&mut self, path: &str, file: &str) {
        if !file.ends_with(".tar.gz") {
            let title = format!("`{file}` is not a `.tar.gz` file");
            let note = "SageMaker unpacks models from gzipped tar archives only";
            self.push(self.error(Code::MissingFile, path, title).note(note));
        }
        if let Some(PathFact::Folder) = self.judge(path, file) {
            let title = format!("`{file}` is a folder; a model is a `.tar.gz` file");
            self.push(self.error(Code::MissingFile, path, title));
        }
    }

    /// Says what a path leads to, after recording what is wrong with it whatever it should be.
    fn judge(&mut self, at: &str, path: &str) -> Option<PathFact> {
        let fact = if leads_out(path) { Some(PathFact::Outside) } else { self.folder.get(path) };
        let problem: Option<Finding> = match fact {
            Some(PathFact::Missing) => Some(
                self.error(Code::MissingFile, at, format!("`{path}` is not there"))
                    .help("create it beside the pipeline file, or correct the path"),
            ),
            Some(PathFact::Outside) => Some(
                self.error(Code::MissingFile, at, format!("`{path}` leads out of the pipeline's folder"))
                    .note("what a release holds must stand beside its pipeline file")
                    .help("move it into the folder and name it by a relative path with forward slashes"),
            ),
            Some(PathFact::Loop) => Some(
                self.error(Code::MissingFile, at, format!("`{path}` is a link that leads back to itself"))
                    .help("replace the link by what it should lead to"),
            ),
            Some(PathFact::Folder | PathFact::File { .. }) | None => None,
        };
        if let Some(problem) = problem {
            self.push(problem);
        }
        fact
    }
}
