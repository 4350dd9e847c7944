//! What can be typed: commands, arguments, flags. The doc comments are the help texts.

mod release;

use std::collections::BTreeSet;
use std::num::NonZeroUsize;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

pub(crate) use self::release::{
    CopyArgs, CreateArgs, DiffReleaseArgs, ListArgs, Place, ReleaseCommand, ShowReleaseArgs, VerifyArgs,
};
use super::forms::{CheckOutput, EventOutput, FileOutput, HistoryOutput, ImportOutput, Output, PageOutput, PlanOutput};
use crate::operate;
use crate::plan::{DrainOf, HandOverOf};
use crate::release::GateKind;
use crate::units::{Duration, LogicalId, StageName};

/// One declarative file in, a production streaming-ML system on AWS out.
///
/// Sluice checks a pipeline file, renders it to CloudFormation, shows exactly what a change would do to the
/// data in flight, and deploys it, environment by environment.
#[derive(Debug, Parser)]
#[command(
    name = "sluice",
    version,
    max_term_width = 100,
    disable_help_subcommand = true,
    arg_required_else_help = true
)]
pub(crate) struct Cli {
    #[command(flatten)]
    pub(crate) global: Global,
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// Flags of every command.
#[derive(Debug, Args)]
pub(crate) struct Global {
    /// Run as if started in this folder
    #[arg(
        short = 'C',
        long,
        global = true,
        value_name = "FOLDER",
        env = "SLUICE_PROJECT",
        help_heading = "Global options"
    )]
    pub(crate) project: Option<PathBuf>,
    /// When to colour
    #[arg(long, global = true, value_enum, default_value_t = ColorChoice::Auto, env = "SLUICE_COLOR", help_heading = "Global options")]
    pub(crate) color: ColorChoice,
    /// Disable colour (the same as `--color never`)
    #[arg(long, global = true, conflicts_with = "color", help_heading = "Global options")]
    pub(crate) no_color: bool,
    /// List every AWS call on standard error
    #[arg(short, long, global = true, help_heading = "Global options")]
    pub(crate) verbose: bool,
    /// Also write every AWS call to this file, as JSON lines
    #[arg(long, global = true, value_name = "FILE", env = "SLUICE_LOG_FILE", help_heading = "Global options")]
    pub(crate) log_file: Option<PathBuf>,
    /// Role to assume instead of the environment's; `none` for the credentials as they are
    #[arg(long, global = true, value_name = "ARN|none", env = "SLUICE_ROLE", value_parser = role, help_heading = "Global options")]
    pub(crate) role: Option<Role>,
}

/// Whose role acts, where the environment's does not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Role {
    /// None: the credentials as they are.
    AsTheyAre,
    /// This one, by ARN.
    Arn(String),
}

fn role(typed: &str) -> Result<Role, String> {
    let parts: Vec<&str> = typed.splitn(6, ':').collect();
    match parts.as_slice() {
        ["none"] => Ok(Role::AsTheyAre),
        ["arn", partition, "iam", "", account, role]
            if partition.starts_with("aws")
                && account.len() == 12
                && account.bytes().all(|b| b.is_ascii_digit())
                && role.strip_prefix("role/").is_some_and(|name| !name.is_empty()) =>
        {
            Ok(Role::Arn(typed.to_owned()))
        }
        _ => Err("it is `none` or the ARN of a role, such as arn:aws:iam::123456789012:role/sluice-deploy".to_owned()),
    }
}

/// When to colour.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum ColorChoice {
    /// On a terminal, unless NO_COLOR is set
    Auto,
    /// Always
    Always,
    /// Never
    Never,
}

/// The form of a rendered template.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum TemplateOutput {
    /// YAML
    #[default]
    Yaml,
    /// JSON
    Json,
}

/// Commands.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Check pipeline and environment files; reports every problem in one run
    Check(CheckArgs),
    /// Render pipelines to CloudFormation
    Render(RenderArgs),
    /// Draw the topology of a pipeline
    Graph(GraphArgs),
    /// What ran where, since when, by whom, and how it went
    History(HistoryArgs),
    /// Show exactly what a deployment would change
    Plan(PlanArgs),
    /// Compare a pipeline in two environments: what is meant to differ, and by which line
    Diff(DiffArgs),
    /// Show a saved plan
    Show(ShowArgs),
    /// Plan, ask, deploy, and follow it to its end
    Deploy(DeployArgs),
    /// Remove what was deployed
    Destroy(DestroyArgs),
    /// Make what deployments to an environment need: the artifact bucket, and roles where its file asks for them
    Bootstrap(BootstrapArgs),
    /// List what no deployed stack needs in the artifact bucket, and remove it
    Gc(GcArgs),
    /// Releases: what is deployed, promoted and gone back to, named by its content
    #[command(subcommand)]
    Release(ReleaseCommand),
    /// Deploy to the next environment exactly what was proven in the one before
    Promote(PromoteArgs),
    /// Deploy an earlier release again that was proven in an environment
    Rollback(RollbackArgs),
    /// Show how every gate stands that a release has to pass on its way to an environment, and what it waits for
    Gates(GatesArgs),
    /// Agree that a release may do to an environment what its plan says, or take that back
    Approve(ApproveArgs),
    /// Take the lease of a pipeline from whoever has it
    Unlock(UnlockArgs),
    /// Switch readers of streams off; they keep their position, and stay off across deployments
    Pause(PauseArgs),
    /// Switch readers of streams on again; they read on from where they were
    Resume(PauseArgs),
    /// Show a deployed stack: status, resources, outputs
    Status(StatusArgs),
    /// Look before the first write: credentials, foundation, permissions, quotas, names, state; writes nothing
    Doctor(DoctorArgs),
    /// Find what is otherwise than it was deployed, and tell what is meant to be so from what is dangerous
    Drift(DriftArgs),
    /// Get a stack out of a state that it does not leave by itself
    Recover(RecoverArgs),
    /// Follow what runs on a stack to its end, whoever started it
    Watch(WatchArgs),
    /// Call off the update that runs on a stack; CloudFormation puts the old state back
    Cancel(CancelArgs),
    /// What a producer needs: stream, policy, partition key, limits
    Producer(ProducerArgs),
    /// What every stage needs and has, what gives way first, how long a record takes
    Capacity(CapacityArgs),
    /// Lay open what could be chosen otherwise: stream mode, key, readers, inference, batches
    Decide(DecideArgs),
    /// What a pipeline costs in a month, line by line
    Cost(CostArgs),
    /// The table of AWS's list prices
    #[command(subcommand)]
    Prices(PricesCommand),
    /// What a code host needs to plan and deploy this project
    #[command(subcommand)]
    Ci(CiCommand),
    /// Put a plan on a pull or merge request as a comment, edited in place
    Comment(CommentArgs),
    /// Explain a code, for instance `sluice explain E1004`
    Explain(ExplainArgs),
    /// Print the JSON Schema of pipeline files, environment files or plans
    Schema(SchemaArgs),
    /// Print shell completions
    Completions(CompletionsArgs),
    /// Start a project from a built-in stack
    Init(InitArgs),
    /// Make a pipeline file from what there is already: Terraform or CloudFormation
    #[command(subcommand)]
    Import(ImportCommand),
    /// The AWS inside this binary: serve, reset, move its clock, inject failures
    #[command(subcommand)]
    Embedded(EmbeddedCommand),
}

fn environment(typed: &str) -> Result<String, String> {
    name(typed, "an environment", "environments/NAME.yaml")
}

/// Longest reason, in characters.
const MOST_REASON: usize = 500;

fn reason(typed: &str) -> Result<String, String> {
    match typed.trim() {
        "" => Err("it says nothing".to_owned()),
        text if text.chars().count() > MOST_REASON => Err(format!("it has more than {MOST_REASON} characters")),
        text => Ok(text.to_owned()),
    }
}

fn pipeline(typed: &str) -> Result<String, String> {
    name(typed, "a pipeline", "stacks/NAME")
}

/// A name, where people also type nothing, a list that ends in a comma, or the path that the name stands for.
fn name(typed: &str, of: &str, stands_for: &str) -> Result<String, String> {
    if typed.trim().is_empty() {
        return Err(format!("it is empty; it takes the name of {of}, and no comma where no name follows"));
    }
    if !typed.contains(['/', '\\']) && !typed.ends_with(".yaml") {
        return Ok(typed.to_owned());
    }
    let mut parts = typed.split(['/', '\\']).filter(|part| !matches!(*part, "" | "." | ".." | "pipeline.yaml"));
    let meant = parts.next_back().map(|last| last.trim_end_matches(".yaml")).filter(|meant| !meant.is_empty());
    let meant = meant.map(|meant| format!(", probably `{meant}`")).unwrap_or_default();
    Err(format!("it is a path; it takes the name of {of}, the NAME of {stands_for}{meant}"))
}

/// Which pipelines in which environments.
#[derive(Clone, Debug, Args)]
pub(crate) struct Selection {
    /// Pipelines (folders of `stacks/`); all of them where none is named
    #[arg(value_name = "PIPELINE", value_parser = pipeline)]
    pub(crate) pipelines: Vec<String>,
    /// Environments (files of `environments/`); all of them where none is named
    #[arg(short, long = "env", value_name = "ENV", env = "SLUICE_ENV", value_parser = environment, value_delimiter = ',')]
    pub(crate) environments: Vec<String>,
    /// Region, where an environment has several
    #[arg(long, env = "SLUICE_REGION")]
    pub(crate) region: Option<String>,
}

/// One pipeline in one environment.
#[derive(Clone, Debug, Args)]
pub(crate) struct One {
    /// Pipeline (a folder of `stacks/`); may be left out where there is only one
    #[arg(value_name = "PIPELINE", value_parser = pipeline)]
    pub(crate) pipeline: Option<String>,
    /// Environment (a file of `environments/`)
    #[arg(short, long = "env", value_name = "ENV", env = "SLUICE_ENV", value_parser = environment)]
    pub(crate) environment: String,
    /// Region, where the environment has several
    #[arg(long, env = "SLUICE_REGION")]
    pub(crate) region: Option<String>,
}

#[derive(Debug, Args)]
pub(crate) struct CheckArgs {
    #[command(flatten)]
    pub(crate) select: Selection,
    /// Every pipeline, as where none is named
    #[arg(long, conflicts_with = "pipelines")]
    pub(crate) all: bool,
    /// Write the values that findings name into the files that set them; comments and layout stay
    #[arg(long)]
    pub(crate) fix: bool,
    /// Form of the result
    #[arg(short, long, value_enum, default_value_t, env = "SLUICE_OUTPUT")]
    pub(crate) output: CheckOutput,
}

#[derive(Debug, Args)]
pub(crate) struct RenderArgs {
    #[command(flatten)]
    pub(crate) select: Selection,
    /// Form of the template
    #[arg(short, long, value_enum, default_value_t)]
    pub(crate) output: TemplateOutput,
    /// Write `<pipeline>.<environment>.<yaml|json>` files into this folder instead of standard output
    #[arg(long, value_name = "FOLDER")]
    pub(crate) out: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(crate) struct GraphArgs {
    /// Pipeline (a folder of `stacks/`); may be left out where there is only one
    #[arg(value_name = "PIPELINE", value_parser = pipeline)]
    pub(crate) pipeline: Option<String>,
    /// Environment (a file of `environments/`); the first of the strictest tier where none is named
    #[arg(short, long = "env", value_name = "ENV", env = "SLUICE_ENV", value_parser = environment)]
    pub(crate) environment: Option<String>,
    /// Region, where the environment has several
    #[arg(long, env = "SLUICE_REGION")]
    pub(crate) region: Option<String>,
    /// Form of the picture [default: by the ending of FILE, else mermaid]
    #[arg(short, long, value_enum)]
    pub(crate) output: Option<GraphOutput>,
    /// Write it into this file instead of standard output; in a `.md` file, between `<!-- topology -->` and
    /// `<!-- /topology -->`
    #[arg(long, value_name = "FILE")]
    pub(crate) out: Option<PathBuf>,
}

/// The form of a picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum GraphOutput {
    /// A Mermaid flowchart, as code hosts show it inside Markdown
    Mermaid,
    /// Graphviz' language
    Dot,
    /// A picture in one file
    Svg,
    /// One JSON document
    Json,
}

#[derive(Debug, Args)]
pub(crate) struct PlanArgs {
    /// Pipelines (folders of `stacks/`); may be left out where there is only one
    #[arg(value_name = "PIPELINE", value_parser = pipeline)]
    pub(crate) pipelines: Vec<String>,
    /// Every pipeline, and a table of all plans, in the order in which they would be deployed
    #[arg(long, conflicts_with = "pipelines")]
    pub(crate) all: bool,
    /// Environments (files of `environments/`), separated by commas
    #[arg(short, long = "env", value_name = "ENV", env = "SLUICE_ENV", value_parser = environment, value_delimiter = ',', required = true)]
    pub(crate) environments: Vec<String>,
    /// Region, where an environment has several
    #[arg(long, env = "SLUICE_REGION")]
    pub(crate) region: Option<String>,
    /// What to compare with [default: live]
    ///
    /// - `live`: the deployed stack, through a change set
    /// - `nothing`: as if it were deployed for the first time
    /// - `git:REVISION`: the same files in a branch, a tag or a commit (`git:main`, `git:HEAD~1`)
    /// - `release:DIGEST`: a release, from `.sluice/releases` or, where it is not there, from the environment's bucket
    /// - `PATH`: another project's folder, or a rendered template (.yaml, .json)
    ///
    /// All but `live`, and a release that is only in a bucket, need no credentials and no network.
    #[arg(long, value_name = "live|nothing|git:REVISION|release:DIGEST|PATH", default_value = "live", hide_default_value = true, value_parser = against, verbatim_doc_comment)]
    pub(crate) against: Against,
    /// Save the plan: `deploy --plan` deploys exactly that, `show` shows it anywhere
    #[arg(long, value_name = "FILE", conflicts_with_all = ["against", "all"])]
    pub(crate) out: Option<PathBuf>,
    /// Form of the result
    #[arg(short, long, value_enum, default_value_t, env = "SLUICE_OUTPUT")]
    pub(crate) output: PlanOutput,
    #[command(flatten)]
    pub(crate) detail: DetailArgs,
    /// Exit with 2 where there are changes
    #[arg(long)]
    pub(crate) detailed_exitcode: bool,
}

/// How much of a plan is shown.
#[derive(Clone, Copy, Debug, Args)]
pub(crate) struct DetailArgs {
    /// Only what happens to which resource, what is dangerous, and the counts
    #[arg(long)]
    pub(crate) compact: bool,
    /// List the resources that stay as they are, too
    #[arg(long)]
    pub(crate) show_unchanged: bool,
}

#[derive(Debug, Args)]
pub(crate) struct ShowArgs {
    /// What `plan --out` or `plan --output json` wrote
    pub(crate) file: PathBuf,
    /// Form of the result
    #[arg(short, long, value_enum, default_value_t, env = "SLUICE_OUTPUT")]
    pub(crate) output: PlanOutput,
    #[command(flatten)]
    pub(crate) detail: DetailArgs,
    /// Exit with 2 where the plan has changes
    #[arg(long)]
    pub(crate) detailed_exitcode: bool,
}

/// What a plan compares with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Against {
    /// The deployed stack, through a change set.
    Live,
    /// Nothing, as if it were deployed for the first time.
    Nothing,
    /// Another state of the files: `git:REVISION`, `release:DIGEST`, or a path.
    Files(String),
}

fn against(typed: &str) -> Result<Against, String> {
    match typed {
        "live" => Ok(Against::Live),
        "nothing" => Ok(Against::Nothing),
        "" => Err("it is empty".to_owned()),
        "git:" => Err("a revision follows `git:`, for instance `git:main`".to_owned()),
        "release:" => Err("a digest follows `release:`, as `sluice release list` shows it".to_owned()),
        typed => Ok(Against::Files(typed.to_owned())),
    }
}

#[derive(Debug, Args)]
pub(crate) struct DiffArgs {
    /// The one environment
    #[arg(value_name = "ENV_A", value_parser = environment)]
    pub(crate) before: String,
    /// The other environment
    #[arg(value_name = "ENV_B", value_parser = environment)]
    pub(crate) after: String,
    /// Pipeline (a folder of `stacks/`); may be left out where there is only one
    #[arg(value_name = "PIPELINE", value_parser = pipeline)]
    pub(crate) pipeline: Option<String>,
    /// Form of the result
    #[arg(short, long, value_enum, default_value_t, env = "SLUICE_OUTPUT")]
    pub(crate) output: PageOutput,
    /// Exit with 2 where something is meant to differ
    #[arg(long)]
    pub(crate) detailed_exitcode: bool,
}

fn duration(typed: &str) -> Result<Duration, String> {
    Duration::parse(typed).map_err(|error| error.to_string())
}

/// Which readers are paused.
fn drain(typed: &str) -> Result<DrainOf, String> {
    match typed {
        "" => Ok(DrainOf::Touched),
        "all" => Ok(DrainOf::All),
        names => consumers(names).map(DrainOf::Named),
    }
}

/// Which readers are handed over.
fn hand_over(typed: &str) -> Result<HandOverOf, String> {
    if typed.is_empty() { Ok(HandOverOf::All) } else { consumers(typed).map(HandOverOf::Named) }
}

fn consumers(typed: &str) -> Result<BTreeSet<StageName>, String> {
    typed.split(',').map(|name| StageName::new(name).map_err(|error| format!("`{name}` {error}"))).collect()
}

fn logical_id(typed: &str) -> Result<LogicalId, String> {
    LogicalId::new(typed).map_err(|error| format!("it {error}; the plan names them, for instance TableDecisions"))
}

/// Consent, given beforehand.
#[derive(Clone, Debug, Args)]
pub(crate) struct ConsentArgs {
    /// Do not ask
    #[arg(short, long, env = "SLUICE_YES")]
    pub(crate) yes: bool,
    /// Accept that this resource's data is lost (may be given several times; `--yes` never implies it)
    #[arg(long, value_name = "LOGICAL_ID", value_parser = logical_id)]
    pub(crate) allow_data_loss: Vec<LogicalId>,
    /// Accept that this reader forgets its position (likewise; asked for in staging and production)
    #[arg(long, value_name = "LOGICAL_ID", value_parser = logical_id)]
    pub(crate) allow_consumer_reset: Vec<LogicalId>,
    /// Accept that this resource becomes another one (likewise; asked for in production)
    #[arg(long, value_name = "LOGICAL_ID", value_parser = logical_id)]
    pub(crate) allow_replacement: Vec<LogicalId>,
    /// Accept that this alarm, which is in ALARM now, does not roll the deployment back
    #[arg(long, value_name = "LOGICAL_ID", value_parser = logical_id)]
    pub(crate) allow_alarm: Vec<LogicalId>,
    /// Accept that a month costs more than the budget (asked for in production)
    #[arg(long)]
    pub(crate) allow_over_budget: bool,
}

#[derive(Debug, Args)]
pub(crate) struct RecoverArgs {
    #[command(flatten)]
    pub(crate) one: One,
    /// Do not ask
    #[arg(short, long, env = "SLUICE_YES")]
    pub(crate) yes: bool,
    /// Go on without the resources that stand in the way: a rollback leaves them as they are, a deletion leaves them behind
    #[arg(long)]
    pub(crate) without: bool,
    /// Form of what is printed while it runs
    #[arg(short, long, value_enum, default_value_t, env = "SLUICE_OUTPUT")]
    pub(crate) output: EventOutput,
}

#[derive(Debug, Args)]
pub(crate) struct WatchArgs {
    #[command(flatten)]
    pub(crate) one: One,
    /// Form of what is printed while it runs
    #[arg(short, long, value_enum, default_value_t, env = "SLUICE_OUTPUT")]
    pub(crate) output: EventOutput,
}

#[derive(Debug, Args)]
pub(crate) struct CancelArgs {
    #[command(flatten)]
    pub(crate) one: One,
    /// Do not ask
    #[arg(short, long, env = "SLUICE_YES")]
    pub(crate) yes: bool,
    /// Form of what is printed while it runs
    #[arg(short, long, value_enum, default_value_t, env = "SLUICE_OUTPUT")]
    pub(crate) output: EventOutput,
}

#[derive(Debug, Args)]
pub(crate) struct DeployArgs {
    #[command(flatten)]
    pub(crate) target: DeployTarget,
    #[command(flatten)]
    pub(crate) pace: PaceArgs,
    #[command(flatten)]
    pub(crate) consent: ConsentArgs,
    /// Pause readers meanwhile and wait until they have caught up: those that change, `all`, or the named ones
    #[arg(long, value_name = "all|CONSUMER,…", num_args = 0..=1, require_equals = true, default_missing_value = "", value_parser = drain, conflicts_with = "plan")]
    pub(crate) drain: Option<DrainOf>,
    /// Let the successors of readers that lose their position begin where these stopped: all, or the named ones
    #[arg(long, value_name = "CONSUMER,…", num_args = 0..=1, require_equals = true, default_missing_value = "", value_parser = hand_over, conflicts_with = "plan")]
    pub(crate) hand_over: Option<HandOverOf>,
    /// Form of the result
    #[arg(short, long, value_enum, default_value_t, env = "SLUICE_OUTPUT")]
    pub(crate) output: Output,
    /// Exit with 2 where something was changed
    #[arg(long)]
    pub(crate) detailed_exitcode: bool,
    /// Deploy nothing new, but put back what was deployed where somebody changed it; what is meant to be otherwise stays
    #[arg(long, conflicts_with = "plan")]
    pub(crate) revert_drift: bool,
}

/// How many deployments at once, and how many may fail.
#[derive(Clone, Copy, Debug, Args)]
pub(crate) struct PaceArgs {
    /// Of several: how many at the same time in one account and region
    #[arg(long, value_name = "N", default_value_t = operate::PER_LANE, env = "SLUICE_PARALLEL")]
    pub(crate) parallel: NonZeroUsize,
    /// Of several: after how many failures others are still started
    ///
    /// Whatever reads a stream of one that failed is skipped in any case.
    #[arg(long, value_name = "N", default_value_t = 0, env = "SLUICE_MAX_FAILURES")]
    pub(crate) max_failures: usize,
}

/// What to deploy: a pipeline into an environment, or a saved plan, which names both.
#[derive(Clone, Debug, Args)]
pub(crate) struct DeployTarget {
    /// Pipelines (folders of `stacks/`); may be left out where there is only one
    ///
    /// Several are deployed side by side, each as soon as the pipelines whose streams it reads are there.
    #[arg(value_name = "PIPELINE", value_parser = pipeline, conflicts_with = "plan")]
    pub(crate) pipelines: Vec<String>,
    /// Every pipeline
    #[arg(long, conflicts_with_all = ["pipelines", "plan"])]
    pub(crate) all: bool,
    /// Environments (files of `environments/`), separated by commas: one wave after the other
    #[arg(short, long = "env", value_name = "ENV", env = "SLUICE_ENV", value_parser = environment, value_delimiter = ',', required_unless_present = "plan")]
    pub(crate) environments: Vec<String>,
    /// Region, where the environment has several
    #[arg(long, env = "SLUICE_REGION", conflicts_with = "plan")]
    pub(crate) region: Option<String>,
    /// Every region that the environment lists, one wave after the other
    #[arg(long, conflicts_with_all = ["region", "plan"])]
    pub(crate) all_regions: bool,
    /// Deploy a saved plan: exactly what was reviewed, or nothing where anything moved since
    #[arg(long, value_name = "FILE")]
    pub(crate) plan: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(crate) struct DestroyArgs {
    #[command(flatten)]
    pub(crate) one: One,
    /// Do not ask
    #[arg(short, long, env = "SLUICE_YES")]
    pub(crate) yes: bool,
    /// Lift the protection of a production stack
    #[arg(long)]
    pub(crate) unprotect: bool,
    /// Form of the result
    #[arg(short, long, value_enum, default_value_t, env = "SLUICE_OUTPUT")]
    pub(crate) output: EventOutput,
}

/// A release on its way.
#[derive(Debug, Args)]
pub(crate) struct TowardArgs {
    /// Pipeline (a folder of `stacks/`); may be left out where there is only one
    #[arg(value_name = "PIPELINE", value_parser = pipeline)]
    pub(crate) pipeline: Option<String>,
    /// The environment that it goes to (a file of `environments/`)
    #[arg(long = "to", value_name = "ENV", value_parser = environment)]
    pub(crate) to: String,
    /// Region, where the environment has several
    #[arg(long, env = "SLUICE_REGION")]
    pub(crate) region: Option<String>,
}

#[derive(Debug, Args)]
pub(crate) struct PromoteArgs {
    /// Pipeline (a folder of `stacks/`); may be left out where there is only one
    #[arg(value_name = "PIPELINE", value_parser = pipeline)]
    pub(crate) pipeline: Option<String>,
    /// Every pipeline, each after those whose streams it reads
    #[arg(long, conflicts_with_all = ["pipeline", "release"])]
    pub(crate) all: bool,
    /// The environment that the release comes from; it is the one that the other's file names as `promotes_from`
    #[arg(long, value_name = "ENV", value_parser = environment)]
    pub(crate) from: Option<String>,
    /// The environments that it goes to, separated by commas: one after the other
    #[arg(long, value_name = "ENV", value_parser = environment, value_delimiter = ',', required = true)]
    pub(crate) to: Vec<String>,
    /// The release, by its digest or at least its first six digits; the one that runs where it comes from if left out
    #[arg(long, value_name = "DIGEST")]
    pub(crate) release: Option<String>,
    /// Region, where the environment has several
    #[arg(long, env = "SLUICE_REGION")]
    pub(crate) region: Option<String>,
    /// Let it go although this gate is not passed (may be given several times); recorded, and shown with every later plan
    #[arg(long = "override", value_name = "GATE", value_parser = gate, requires = "reason")]
    pub(crate) overrides: Vec<GateKind>,
    /// Why gates are overridden
    #[arg(long, value_name = "TEXT", requires = "overrides")]
    pub(crate) reason: Option<String>,
    /// Stay until what was promoted has been judged by the gates of the environment
    #[arg(long)]
    pub(crate) wait: bool,
    #[command(flatten)]
    pub(crate) consent: ConsentArgs,
    /// Form of the result
    #[arg(short, long, value_enum, default_value_t, env = "SLUICE_OUTPUT")]
    pub(crate) output: Output,
    /// Exit with 2 where something was changed
    #[arg(long)]
    pub(crate) detailed_exitcode: bool,
}

#[derive(Debug, Args)]
pub(crate) struct RollbackArgs {
    #[command(flatten)]
    pub(crate) one: One,
    /// The release to go back to, by its digest or at least its first six digits; the newest good one before the one that runs if left out
    #[arg(long, value_name = "DIGEST")]
    pub(crate) to: Option<String>,
    #[command(flatten)]
    pub(crate) consent: ConsentArgs,
    /// Form of the result
    #[arg(short, long, value_enum, default_value_t, env = "SLUICE_OUTPUT")]
    pub(crate) output: Output,
    /// Exit with 2 where something was changed
    #[arg(long)]
    pub(crate) detailed_exitcode: bool,
}

/// A gate by its name.
fn gate(text: &str) -> Result<GateKind, String> {
    GateKind::ALL.into_iter().find(|kind| kind.to_string() == text).ok_or_else(|| {
        let names: Vec<String> = GateKind::ALL.iter().map(ToString::to_string).collect();
        format!("there is no such gate; these are: {}", names.join(", "))
    })
}

#[derive(Debug, Args)]
pub(crate) struct GatesArgs {
    #[command(flatten)]
    pub(crate) toward: TowardArgs,
    /// The release, by its digest or at least its first six digits; the one that runs where it comes from if left out
    #[arg(long, value_name = "DIGEST", conflicts_with = "running")]
    pub(crate) release: Option<String>,
    /// Judge what runs in the environment since it was deployed, by the gates that measure
    #[arg(long)]
    pub(crate) running: bool,
    /// Form of the result
    #[arg(short, long, value_enum, default_value_t, env = "SLUICE_OUTPUT")]
    pub(crate) output: PageOutput,
    /// Exit with 3 where a gate is not passed
    #[arg(long)]
    pub(crate) detailed_exitcode: bool,
}

#[derive(Debug, Args)]
pub(crate) struct ApproveArgs {
    #[command(flatten)]
    pub(crate) toward: TowardArgs,
    /// The release, by its digest or at least its first six digits
    #[arg(long, value_name = "DIGEST")]
    pub(crate) release: String,
    /// The plan that was looked at, by its digest or at least its first six digits: any other is refused
    #[arg(long, value_name = "DIGEST", conflicts_with = "withdraw")]
    pub(crate) plan: Option<String>,
    /// Why
    #[arg(long, value_name = "TEXT", conflicts_with = "withdraw", value_parser = reason)]
    pub(crate) reason: Option<String>,
    /// Take one's approvals of the release back
    #[arg(long)]
    pub(crate) withdraw: bool,
    /// Do not ask
    #[arg(short, long, env = "SLUICE_YES")]
    pub(crate) yes: bool,
    /// Form of the result
    #[arg(short, long, value_enum, default_value_t, env = "SLUICE_OUTPUT")]
    pub(crate) output: Output,
}

#[derive(Debug, Args)]
pub(crate) struct UnlockArgs {
    #[command(flatten)]
    pub(crate) one: One,
    /// Do not ask
    #[arg(short, long, env = "SLUICE_YES")]
    pub(crate) yes: bool,
    /// Form of the result
    #[arg(short, long, value_enum, default_value_t, env = "SLUICE_OUTPUT")]
    pub(crate) output: Output,
}

#[derive(Debug, Args)]
pub(crate) struct GcArgs {
    /// Environment (a file of `environments/`): its account and region have one bucket, with others' artifacts too
    #[arg(short, long = "env", value_name = "ENV", env = "SLUICE_ENV", value_parser = environment)]
    pub(crate) environment: String,
    /// Region, where the environment has several: each has a bucket of its own
    #[arg(long, env = "SLUICE_REGION")]
    pub(crate) region: Option<String>,
    /// What was uploaded within this time stays, whoever needs it: the window in which a release is gone back to
    #[arg(long, value_name = "DURATION", default_value = "30d", value_parser = duration, env = "SLUICE_KEEP")]
    pub(crate) keep: Duration,
    /// Remove what is listed, after having asked; without it nothing is changed
    #[arg(long)]
    pub(crate) delete: bool,
    /// Do not ask
    #[arg(short, long, env = "SLUICE_YES")]
    pub(crate) yes: bool,
    /// Form of the result
    #[arg(short, long, value_enum, default_value_t, env = "SLUICE_OUTPUT")]
    pub(crate) output: Output,
}

#[derive(Debug, Args)]
pub(crate) struct PauseArgs {
    /// Pipeline (a folder of `stacks/`)
    #[arg(value_name = "PIPELINE", value_parser = pipeline)]
    pub(crate) pipeline: String,
    /// Consumers; all of the pipeline where none is named
    #[arg(value_name = "CONSUMER", value_parser = consumer)]
    pub(crate) consumers: Vec<StageName>,
    /// Environment (a file of `environments/`)
    #[arg(short, long = "env", value_name = "ENV", env = "SLUICE_ENV", value_parser = environment)]
    pub(crate) environment: String,
    /// Region, where the environment has several
    #[arg(long, env = "SLUICE_REGION")]
    pub(crate) region: Option<String>,
    /// Do not ask
    #[arg(short, long, env = "SLUICE_YES")]
    pub(crate) yes: bool,
    /// Form of the result
    #[arg(short, long, value_enum, default_value_t, env = "SLUICE_OUTPUT")]
    pub(crate) output: Output,
}

fn consumer(typed: &str) -> Result<StageName, String> {
    StageName::new(typed).map_err(|error| format!("it {error}"))
}

#[derive(Debug, Args)]
pub(crate) struct BootstrapArgs {
    /// Environment (a file of `environments/`)
    #[arg(short, long = "env", value_name = "ENV", env = "SLUICE_ENV")]
    pub(crate) environment: String,
    /// Region, where the environment has several: each has a foundation of its own
    #[arg(long, env = "SLUICE_REGION")]
    pub(crate) region: Option<String>,
    /// Do not ask
    #[arg(short, long, env = "SLUICE_YES")]
    pub(crate) yes: bool,
    /// Accept that this resource's data is lost (may be given several times; `--yes` never implies it)
    #[arg(long, value_name = "LOGICAL_ID", value_parser = logical_id)]
    pub(crate) allow_data_loss: Vec<LogicalId>,
    /// Accept that this resource becomes another one (likewise; asked for in production)
    #[arg(long, value_name = "LOGICAL_ID", value_parser = logical_id)]
    pub(crate) allow_replacement: Vec<LogicalId>,
    /// Print the template as if no other environment had a share in it, and make nothing
    #[arg(long, conflicts_with_all = ["yes", "allow_data_loss", "allow_replacement"])]
    pub(crate) print: bool,
    /// Form of the result
    #[arg(short, long, value_enum, default_value_t, env = "SLUICE_OUTPUT")]
    pub(crate) output: Output,
    /// Exit with 2 where something was changed
    #[arg(long)]
    pub(crate) detailed_exitcode: bool,
}

#[derive(Debug, Args)]
pub(crate) struct StatusArgs {
    #[command(flatten)]
    pub(crate) one: One,
    /// Form of the result
    #[arg(short, long, value_enum, default_value_t, env = "SLUICE_OUTPUT")]
    pub(crate) output: Output,
}

#[derive(Debug, Args)]
pub(crate) struct DoctorArgs {
    /// Pipeline (a folder of `stacks/`); left out where there are several, the environment alone is looked at
    #[arg(value_name = "PIPELINE", value_parser = pipeline)]
    pub(crate) pipeline: Option<String>,
    /// Environment (a file of `environments/`)
    #[arg(short, long = "env", value_name = "ENV", env = "SLUICE_ENV", value_parser = environment)]
    pub(crate) environment: String,
    /// Region, where the environment has several
    #[arg(long, env = "SLUICE_REGION")]
    pub(crate) region: Option<String>,
    /// Form of the result
    #[arg(short, long, value_enum, default_value_t, env = "SLUICE_OUTPUT")]
    pub(crate) output: FileOutput,
}

#[derive(Debug, Args)]
pub(crate) struct HistoryArgs {
    /// Pipeline; may be left out where there is only one
    pub(crate) pipeline: Option<String>,
    /// Environments, separated by commas; all of the project where none is named
    #[arg(short, long, value_name = "ENVIRONMENT", env = "SLUICE_ENV", value_delimiter = ',')]
    pub(crate) env: Vec<String>,
    /// Region, where an environment has several
    #[arg(long)]
    pub(crate) region: Option<String>,
    /// Form of the result; `html` is a page with a timeline
    #[arg(short, long, value_enum, default_value_t, env = "SLUICE_OUTPUT")]
    pub(crate) output: HistoryOutput,
}

#[derive(Debug, Args)]
pub(crate) struct DriftArgs {
    #[command(flatten)]
    pub(crate) one: One,
    /// Form of the result
    #[arg(short, long, value_enum, default_value_t, env = "SLUICE_OUTPUT")]
    pub(crate) output: Output,
    /// Exit with 2 where something has drifted that is not meant to
    #[arg(long)]
    pub(crate) detailed_exitcode: bool,
}

#[derive(Debug, Args)]
pub(crate) struct ProducerArgs {
    #[command(flatten)]
    pub(crate) one: One,
    /// Form of the result
    #[arg(short, long, value_enum, default_value_t, env = "SLUICE_OUTPUT")]
    pub(crate) output: PageOutput,
    /// Also write `producer.md` and `producer-policy.json` into this folder; where there are several streams, a policy for each
    #[arg(long, value_name = "FOLDER")]
    pub(crate) out: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(crate) struct CapacityArgs {
    #[command(flatten)]
    pub(crate) one: One,
    /// Total steady load of all streams that records enter by, instead of the declared one; peaks change in proportion
    #[arg(long, value_name = "RATE")]
    pub(crate) traffic: Option<String>,
    /// An outage to come back from
    #[arg(long, value_name = "TIME", default_value = "30m")]
    pub(crate) outage: String,
    /// Form of the result
    #[arg(short, long, value_enum, default_value_t, env = "SLUICE_OUTPUT")]
    pub(crate) output: PageOutput,
}

#[derive(Debug, Args)]
pub(crate) struct DecideArgs {
    #[command(flatten)]
    pub(crate) one: One,
    /// Total steady load of all streams that records enter by, instead of the declared one; peaks change in proportion
    #[arg(long, value_name = "RATE")]
    pub(crate) traffic: Option<String>,
    /// Form of the result
    #[arg(short, long, value_enum, default_value_t, env = "SLUICE_OUTPUT")]
    pub(crate) output: PageOutput,
}

#[derive(Debug, Args)]
pub(crate) struct CostArgs {
    #[command(flatten)]
    pub(crate) one: One,
    /// Compare with the same pipeline in another environment (`env:staging`), in a git revision (`git:main`), in a release
    /// (`release:0123456789ab`), or as another project's folder has it
    #[arg(long, value_name = "env:ENV|git:REVISION|release:DIGEST|FOLDER")]
    pub(crate) against: Option<String>,
    /// Price table instead of the built-in one
    #[arg(long, value_name = "FILE", env = "SLUICE_PRICES")]
    pub(crate) prices: Option<PathBuf>,
    /// Form of the result
    #[arg(short, long, value_enum, default_value_t, env = "SLUICE_OUTPUT")]
    pub(crate) output: PageOutput,
}

#[derive(Debug, Subcommand)]
pub(crate) enum PricesCommand {
    /// Show the rates of a region; without one, which regions there are
    Show(PricesShowArgs),
    /// Ask AWS's price list for the rates of a region, and write a file for `--prices`
    Refresh(PricesRefreshArgs),
}

#[derive(Debug, Args)]
pub(crate) struct PricesRefreshArgs {
    /// Region whose rates are asked for
    #[arg(long, env = "SLUICE_REGION")]
    pub(crate) region: String,
    /// Where the table is written
    #[arg(long, value_name = "FILE")]
    pub(crate) out: PathBuf,
    /// Named profile of the AWS configuration
    #[arg(long, env = "SLUICE_PROFILE")]
    pub(crate) profile: Option<String>,
}

#[derive(Debug, Args)]
pub(crate) struct PricesShowArgs {
    /// Region
    #[arg(long, env = "SLUICE_REGION")]
    pub(crate) region: Option<String>,
    /// Price table instead of the built-in one
    #[arg(long, value_name = "FILE", env = "SLUICE_PRICES")]
    pub(crate) prices: Option<PathBuf>,
    /// Form of the result; JSON is a file that `--prices` reads
    #[arg(short, long, value_enum, default_value_t, env = "SLUICE_OUTPUT")]
    pub(crate) output: FileOutput,
}

#[derive(Debug, Subcommand)]
pub(crate) enum CiCommand {
    /// Write a workflow that plans on pull requests and deploys after the merge, and the CloudFormation of its roles
    Init {
        #[command(subcommand)]
        platform: CiPlatform,
    },
}

/// A code host.
#[derive(Debug, Subcommand)]
pub(crate) enum CiPlatform {
    /// For GitHub Actions
    Github(CiInitArgs),
    /// For GitLab CI/CD
    Gitlab {
        /// Host name of the instance; left out, that of the remote `origin`, or gitlab.com
        #[arg(long)]
        host: Option<String>,
        #[command(flatten)]
        args: CiInitArgs,
    },
}

#[derive(Debug, Args)]
pub(crate) struct CiInitArgs {
    /// Repository, `OWNER/NAME`, or GitLab's path; left out, the one that the remote `origin` leads to. On GitHub
    /// `OWNER@ID/NAME@ID` where its tokens carry numbers
    #[arg(long)]
    pub(crate) repo: Option<String>,
    /// Branch whose state is deployed
    #[arg(long, default_value = "main")]
    pub(crate) branch: String,
    /// Command that brings `sluice` into a runner (may be given several times) [default: cargo install]
    #[arg(long, value_name = "COMMAND")]
    pub(crate) install: Vec<String>,
    /// Show the files instead of writing them
    #[arg(long, conflicts_with_all = ["check", "force"])]
    pub(crate) print: bool,
    /// Write nothing; fail where the files are not what the project needs
    #[arg(long, conflicts_with = "force")]
    pub(crate) check: bool,
    /// Write over files that somebody edited
    #[arg(long)]
    pub(crate) force: bool,
    /// Form of the result
    #[arg(short, long, value_enum, default_value_t, env = "SLUICE_OUTPUT")]
    pub(crate) output: Output,
}

#[derive(Debug, Args)]
#[command(group = clap::ArgGroup::new("place").required(true).args(["repo", "gitlab"]))]
pub(crate) struct CommentArgs {
    /// The plan as `sluice plan --output markdown` prints it; standard input where it is left out or `-`
    pub(crate) file: Option<PathBuf>,
    /// Repository of GitHub; the token is read from GITHUB_TOKEN
    #[arg(long, value_name = "OWNER/NAME")]
    pub(crate) repo: Option<String>,
    /// Project of GitLab, its path or number; the token is read from GITLAB_TOKEN
    #[arg(long, value_name = "PROJECT")]
    pub(crate) gitlab: Option<String>,
    /// Number of the pull or merge request
    #[arg(long)]
    pub(crate) number: u64,
    /// Edit only comments of this account, for instance `github-actions[bot]`
    #[arg(long, value_name = "LOGIN")]
    pub(crate) author: Option<String>,
    /// Address of the interface [default: GITHUB_API_URL or CI_API_V4_URL, or the public one's]
    #[arg(long, value_name = "URL")]
    pub(crate) api: Option<String>,
    /// Form of the result
    #[arg(short, long, value_enum, default_value_t, env = "SLUICE_OUTPUT")]
    pub(crate) output: Output,
}

#[derive(Debug, Args)]
pub(crate) struct ExplainArgs {
    /// The code, for instance E1004, or the name of a known cause; all codes are listed where none is given, and all
    /// causes for `causes`
    pub(crate) code: Option<String>,
}

#[derive(Debug, Args)]
pub(crate) struct SchemaArgs {
    /// Which files' schema
    #[arg(value_enum, default_value_t)]
    pub(crate) of: SchemaOf,
}

/// Files that have a schema.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum SchemaOf {
    /// `stacks/<name>/pipeline.yaml`
    #[default]
    Pipeline,
    /// `environments/<name>.yaml`
    Environment,
    /// What `plan --output json` and `plan --out` write
    Plan,
}

#[derive(Debug, Args)]
pub(crate) struct CompletionsArgs {
    /// The shell
    #[arg(value_enum)]
    pub(crate) shell: clap_complete::Shell,
}

#[derive(Debug, Args)]
pub(crate) struct InitArgs {
    /// Where; must be empty or new
    #[arg(value_name = "FOLDER", default_value = ".")]
    pub(crate) folder: PathBuf,
    /// The built-in stack to start from (`all` for every one; a wrong name lists them)
    #[arg(long, value_name = "STACK", default_value = "fraud-detection")]
    pub(crate) stack: String,
}

#[derive(Debug, Subcommand)]
pub(crate) enum ImportCommand {
    /// From the `.tf` files of one Terraform module
    Terraform {
        /// The files, all of one module
        #[arg(value_name = "FILE", required = true)]
        files: Vec<PathBuf>,
        #[command(flatten)]
        args: ImportArgs,
    },
    /// From a CloudFormation template, YAML or JSON
    Template {
        /// The template
        #[arg(value_name = "FILE")]
        file: PathBuf,
        #[command(flatten)]
        args: ImportArgs,
    },
}

#[derive(Debug, Args)]
pub(crate) struct ImportArgs {
    /// The pipeline's name; left out, that of the folder it is written to, or of the source
    #[arg(long)]
    pub(crate) name: Option<String>,
    /// The team that owns it; left out, what the source's `Owner` tags say
    #[arg(long)]
    pub(crate) owner: Option<String>,
    /// Write `pipeline.yaml` into this folder (`stacks/<name>`) instead of standard output
    #[arg(long, value_name = "FOLDER")]
    pub(crate) out: Option<PathBuf>,
    /// Form of the report
    #[arg(short, long, value_enum, default_value_t, env = "SLUICE_OUTPUT")]
    pub(crate) output: ImportOutput,
}

/// Which embedded cloud.
#[derive(Clone, Debug, Args)]
pub(crate) struct Which {
    /// Environment whose target is `embedded`
    #[arg(short, long = "env", value_name = "ENV", env = "SLUICE_ENV", value_parser = environment, default_value = "local")]
    pub(crate) environment: String,
}

#[derive(Debug, Subcommand)]
pub(crate) enum EmbeddedCommand {
    /// Offer the embedded cloud to other clients on loopback (AWS CLI, boto3), until interrupted
    Serve {
        #[command(flatten)]
        which: Which,
        /// Port on 127.0.0.1; 0 picks a free one
        #[arg(long, default_value_t = 4566)]
        port: u16,
    },
    /// Throw everything in the embedded cloud away
    Reset {
        #[command(flatten)]
        which: Which,
        /// Do not ask
        #[arg(short, long, env = "SLUICE_YES")]
        yes: bool,
    },
    /// Move the embedded cloud's clock on; whatever falls due happens
    Advance {
        /// How far, for instance `30m`
        by: String,
        #[command(flatten)]
        which: Which,
    },
    /// Publish a service metric, for instance `metric AWS/Lambda IteratorAge 90000 --dimension FunctionName=…`
    Metric {
        /// Namespace, for instance `AWS/Lambda`
        namespace: String,
        /// Metric name
        name: String,
        /// Value
        value: f64,
        /// Dimension, `Name=Value`; may be given several times
        #[arg(short, long = "dimension", value_name = "NAME=VALUE")]
        dimensions: Vec<String>,
        #[command(flatten)]
        which: Which,
    },
    /// Make something fail, the next time or several times
    Fail {
        /// A logical id (`EndpointScoring`) or a type (`AWS::SageMaker::Endpoint`); with `--call`, an operation of an
        /// API (`DescribeStacks`) or a request (`GET /2015-03-31/functions`), `*` for every one
        what: String,
        /// During which part of the resource's life
        #[arg(long, value_enum, default_value_t)]
        on: FailOn,
        /// Make calls of the operation go wrong instead
        #[arg(long, value_enum, conflicts_with_all = ["on", "message"])]
        call: Option<CallGoes>,
        /// The service's words
        #[arg(long, default_value = "Internal failure injected by the operator")]
        message: String,
        /// How many times
        #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..))]
        times: u32,
        #[command(flatten)]
        which: Which,
    },
    /// Change who is calling
    Identity {
        /// The caller's ARN; the deploying role again where it is left out
        arn: Option<String>,
        #[command(flatten)]
        which: Which,
    },
    /// Put load on a stream; no handler runs, a model moves each consumer's position
    Records {
        /// Physical name of the stream or queue
        stream: String,
        /// For instance `1200/s`
        #[arg(long)]
        rate: String,
        /// For how long, for instance `20m`
        #[arg(long = "for", value_name = "DURATION")]
        duration: String,
        /// Mean size of a record
        #[arg(long, default_value = "1 KiB")]
        size: String,
        /// Distinct partition keys
        #[arg(long, default_value_t = 10_000)]
        keys: u64,
        #[command(flatten)]
        which: Which,
    },
    /// Show the embedded cloud: its clock, its stacks, each consumer's lag
    Status {
        #[command(flatten)]
        which: Which,
        /// Form of the result
        #[arg(short, long, value_enum, default_value_t, env = "SLUICE_OUTPUT")]
        output: Output,
    },
}

/// How a call goes wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum CallGoes {
    /// It is throttled
    Throttle,
    /// The service fails, with status 500
    Error,
    /// The caller may not make it
    Deny,
    /// The answer is from before the last change (CloudFormation's reads only)
    Stale,
}

/// The part of a resource's life that fails.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum FailOn {
    /// Creating it
    #[default]
    Create,
    /// Updating it
    Update,
    /// Deleting it
    Delete,
    /// Putting it back, or removing it again, because another one failed
    Rollback,
}
