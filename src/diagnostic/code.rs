//! The registry of codes: every diagnostic that Sluice can give, once.
//!
//! A code is a letter of its usual severity and four digits; the first digit is the area. The letter of a readiness
//! rule is R: how bad its findings are depends on the tier. Codes are never renumbered or reused. Each has a page `docs/codes/<code>.md`, which `sluice explain` prints;
//! a test holds registry, pages and use together.

use std::fmt;

/// The part of the product a code belongs to: its first digit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Area {
    /// 1: the pipeline file.
    Spec,
    /// 2: environments and what pipeline and environment mean together.
    Resolve,
    /// 3: templates and rendering.
    Template,
    /// 4: plans.
    Plan,
    /// 5: deployments.
    Deploy,
    /// R6: readiness.
    Readiness,
    /// 6: releases and promotion.
    Release,
    /// 7: AWS and credentials.
    Aws,
    /// 8: files and the command line.
    Files,
    /// 9: bugs.
    Internal,
}

macro_rules! codes {
    ($($(#[$doc:meta])* $name:ident = $code:literal, $title:literal;)*) => {
        /// A stable diagnostic code.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Code {
            $(#[doc = $title] $(#[$doc])* $name,)*
        }

        impl Code {
            /// Every code, in the order of the registry.
            pub const ALL: &'static [Code] = &[$(Code::$name,)*];

            /// The code as people type it, for instance `E1002`.
            #[must_use]
            pub fn as_str(self) -> &'static str {
                match self { $(Code::$name => $code,)* }
            }

            /// What the code is about, in a few words.
            #[must_use]
            pub fn title(self) -> &'static str {
                match self { $(Code::$name => $title,)* }
            }

            /// The code's page in Markdown, as `sluice explain` prints it.
            #[must_use]
            pub fn page(self) -> &'static str {
                match self { $(Code::$name => include_str!(concat!("../../docs/codes/", $code, ".md")),)* }
            }
        }
    };
}

codes! {
    // 1 spec: what is written in one file
    NotUtf8 = "E1001", "the file is not UTF-8 text";
    FileTooLarge = "E1002", "the file is too large";
    YamlSyntax = "E1003", "the file is not well-formed YAML";
    UnknownField = "E1004", "unknown field";
    DuplicateField = "E1005", "a field is given twice";
    MissingField = "E1006", "a field is missing";
    WrongType = "E1007", "a value has the wrong type";
    UnknownChoice = "E1008", "unknown choice";
    BadUnit = "E1009", "a quantity is not understood";
    OutOfRange = "E1010", "a value is out of range";
    BadName = "E1011", "a name is not allowed";
    YamlBudget = "E1012", "the YAML is too deep or expands too far";
    YamlTag = "E1013", "YAML tags are not allowed here";
    NewerFormat = "E1014", "the file's format is newer than this Sluice";
    BadText = "E1015", "a text is empty, too long or holds characters that are refused";
    Undecided = "E1050", "something is still to be decided";

    // 2 resolve: what files mean together
    NameMismatch = "E2001", "a name differs from the place of its file";
    UnknownReference = "E2002", "a name leads nowhere";
    Cycle = "E2003", "stages feed each other in a circle";
    NameTooLong = "E2004", "a name becomes too long for AWS";
    Conflict = "E2005", "two settings do not go together";
    MissingSetting = "E2006", "a setting is missing that others make necessary";
    MissingFile = "E2007", "a path leads to nothing that can be used";
    OtherPipeline = "E2008", "another pipeline's stream is not there";
    NameCollision = "E2009", "two resources would get one name";
    AgeBeyondRetention = "W2010", "records expire before they are given up";
    IdleQueue = "W2011", "a queue that nothing fills or empties";
    SilenceOver = "W2012", "the silence of an alarm is over";
    SuppressionOver = "W2013", "a suppression is over";

    // 22 resolve: cost
    LoadTooLarge = "E2201", "a load is larger than anything that exists";
    OverBudget = "W2202", "an estimate is above its budget";

    // 3 template
    TemplateSyntax = "E3021", "a template is not Handlebars";
    TemplateExpression = "E3022", "a template does more than place values";
    TemplateValue = "E3023", "a template asks for a value that is not there";
    TemplateResult = "E3024", "a template does not give CloudFormation";
    UnknownTemplate = "E3025", "a file in templates/ shadows nothing";
    DuplicateLogicalId = "E3026", "two resources have one logical id";
    EscapeHatch = "E3027", "the escape hatch does not fit";
    UnknownImage = "E3028", "no such built-in image";
    AssetMissing = "E3029", "code or models were not collected";
    SchemaViolation = "E3030", "the rendered template breaks a resource schema";
    BadTag = "E3032", "a tag that AWS refuses";
    TemplateLimit = "E3033", "the template passes a limit of CloudFormation";
    UnboundedRight = "E3034", "a policy allows too much";
    ServiceRefuses = "E3035", "a service would refuse the resource";
    UnknownResourceType = "W3031", "a resource type whose schema is not known here";

    // 306 template: artifacts
    HandlerTooLarge = "E3060", "a handler is more than Lambda unpacks";
    HandlerLarge = "W3061", "an archive is large";
    BuildFailed = "E3062", "a build failed";
    RequirementsFailed = "E3063", "requirements cannot be resolved";
    RequirementsLeft = "W3064", "required packages are not in the archive";
    RequirementsLoose = "W3065", "requirements leave versions open";

    // 4 plan
    PlanImpossible = "E4001", "a service would refuse the change";
    PlanStale = "E4002", "the world moved since the plan was made";
    PlanDataLoss = "E4003", "data would be lost";
    PlanNotApproved = "E4004", "the plan was not approved";
    NoPlan = "E4005", "the file holds no plan";
    PlanConsumerReset = "E4006", "a reader would lose its position";
    PlanReplacement = "E4007", "a resource would be replaced";
    PlanOverBudget = "E4008", "a month would cost more than the budget";
    PlanEdited = "E4009", "a plan was changed after it was written";
    BaselineUnusable = "E4010", "what is compared with does not render";
    ConsentIdle = "W4011", "something is agreed to that nothing asks for";
    BaselineForeign = "W4012", "what is compared with is of another pipeline";
    PlanAlarm = "E4014", "an alarm that rolls back is in ALARM";
    PlanDataLeft = "W4020", "data would stay behind";
    ReaderStops = "E4021", "a reader would stop";
    ReaderFails = "E4022", "a change of a reader would be refused";
    RecordsAtRisk = "E4023", "records would not be read";
    KeyDropped = "W4030", "data would no longer be encrypted with a key";
    ExpiryOff = "W4031", "items would no longer expire";
    RecoveryOff = "W4032", "a table could no longer be restored to a moment";
    AlarmLost = "W4033", "an alarm would go while what it watches stays";
    ScaledValueReset = "W4034", "what the scaling made of a value would be overwritten";
    Resharded = "I4035", "a stream would be resharded";
    ModeSwitched = "I4036", "a stream would switch its mode";
    FleetExchanged = "I4037", "a second fleet would take over";
    ParallelCalls = "I4038", "a reader would take other numbers of batches at once";
    AccessBroad = "W4040", "a right would reach further than what is named";

    // 5 deploy
    DeploymentFailed = "E5001", "the deployment failed";
    StackStuck = "E5002", "the stack needs a person";
    StackProtected = "E5004", "the stack is protected against deletion";
    LossNotApproved = "E5005", "something would be lost that nobody approved";
    ChangeSetRefused = "E5006", "CloudFormation refused the change set";
    StackBlocked = "E5007", "the stack is in a state that forbids this";
    NotVerified = "E5003", "what was deployed is not what runs";
    UpstreamMissing = "E5008", "a stream that is read is not there";
    NothingToDrift = "E5040", "there is nothing deployed that could have drifted";
    DriftNotDetected = "E5041", "drift could not be detected";
    DriftIncomplete = "W5042", "not everything could be looked at for drift";
    LeaseHeld = "E5020", "somebody else is changing the pipeline";
    LeaseLost = "E5021", "the lease was lost";
    LeaseTakenOver = "W5022", "a lease had run out";
    LeaseLeft = "W5023", "a lease could not be given back";
    SweepUnsafe = "E5060", "artifacts are not removed while something is deployed";
    NoVersions = "E5061", "the artifact bucket keeps no versions";
    DrainTooLong = "E5024", "records would expire while their reader is paused";
    ReaderBehind = "E5025", "a reader does not catch up after a deployment";
    ReaderLeftPaused = "W5026", "a reader is still paused for a deployment";
    PausedReaderReplaced = "E5027", "a paused reader would be made anew";
    ReaderStuck = "E5028", "a reader does not pause or resume";
    PausesUnusable = "E5029", "the record of paused readers cannot be used";
    UnknownReader = "E5030", "there is no such reader";
    HandOverUnknown = "E5031", "where a hand-over begins is not known";

    // 602 release: gates and approvals
    MetricUnknown = "W6020", "a gate's metric does not exist";
    ReleaseUnclear = "E6021", "which release is meant is not known";
    ApprovalUnusable = "W6022", "an approval does not count";
    NothingToApprove = "E6024", "nobody need approve";
    MayNotApprove = "E6025", "somebody may not approve";
    ApprovalStale = "E6026", "the plan is not the one that was looked at";

    // R6 readiness: load and what carries it
    LoadUndeclared = "R6001", "what capacity rests on is not declared";
    StreamTooSmall = "R6002", "a stream is too small for its peak";
    HotKey = "R6003", "one partition key is too much for its shard";
    ParallelismCeiling = "R6004", "too few batches at once for the peak";
    ReservedTooLow = "R6005", "fewer instances than batches at once";
    NoRoomForTenfold = "R6006", "there is no room for ten times the load";
    OnDemandCeiling = "R6007", "more than an on-demand stream takes in its region";
    EndpointTooSmall = "R6008", "an endpoint is too small for its peak";
    SingleInstance = "R6009", "an endpoint has only one instance";
    DownstreamTooSmall = "R6010", "what comes after a function is too small for the peak";
    QuotaTooLow = "R6011", "a quota of the account must be raised first";
    SharedReads = "R6012", "too many readers share a stream's reads";
    NeverCatchesUp = "R6013", "a consumer does not come back after an outage";

    // R6 readiness: latency and what it is made of
    LatencySpent = "R6020", "the way takes longer than the latency target";
    BatchTooSlow = "R6021", "a batch takes too long";
    SynchronousInference = "R6022", "shards wait for an endpoint";
    PerRecordCalls = "R6023", "a call for each record";
    MonolithicConsumer = "R6024", "one function does too much";
    ColdStart = "R6025", "a cold start is in the way";

    // R6 readiness: time
    LateRecordsLost = "R6030", "a window has no place for late records";

    // R6 readiness: failures
    EndlessRetries = "R6040", "a failed record is tried as good as for ever";
    NoBisect = "R6041", "a bad record takes its batch along";
    ReportItemsOff = "R6042", "one failed record fails its batch";
    FailuresNotNamed = "R6043", "the handler never names failed records";
    FailuresUnwatched = "R6044", "nobody watches where given-up records go";
    TimeoutsDoNotNest = "R6045", "timeouts do not nest";
    NoFallback = "R6046", "nothing answers when an endpoint fails";
    ChaosUntested = "R6047", "failures were not tried out";
    AllAtOnce = "R6048", "an endpoint's whole fleet changes at once";

    // R6 readiness: repeated records and what is kept
    NotIdempotent = "R6050", "a repeated record is counted twice";
    UnboundedState = "R6051", "state grows without bound";
    TtlNeverWritten = "R6052", "items are written without their expiry";

    // R6 readiness: watching
    AgeThreshold = "R6060", "the iterator-age alarm rings at the wrong time";
    LossSilenced = "R6061", "an alarm that tells of lost records is silent";
    MeaninglessAge = "R6062", "an alarm on an age that says nothing";
    NobodyTold = "R6063", "alarms reach nobody";
    DriftUnwatched = "R6064", "nobody watches whether data or answers drift";
    WatchLeftOut = "R6065", "an alarm or the dashboard is taken out";

    // R6 readiness: data
    NoArchive = "R6070", "nothing is kept to train from";
    KeyLeft = "R6071", "data leaves the key that protects it";

    // 6 releases
    UnknownRelease = "E6001", "there is no such release";
    ReleaseAltered = "E6002", "a release is not what it was";
    ReleaseNewer = "E6003", "a newer Sluice wrote it";
    ReleaseTaken = "E6004", "something else lies where a release belongs";
    ArtifactMissing = "E6005", "an artifact of a release is not there";
    ArtifactAltered = "E6006", "an artifact is not what its key says";
    ReleaseOverlaid = "E6007", "an environment changes what a release carries";
    ReleaseUnmade = "E6008", "an archive of a release was not made";
    BadKey = "E6009", "a key cannot be used";
    NotSigned = "E6010", "nothing is signed with this key";
    BadProvenance = "E6011", "a provenance is not of this release";
    ReleaseOtherTool = "W6012", "another version of Sluice made the release";
    PromotionPath = "E6053", "an environment takes no releases from there";
    PromotionWaits = "E6054", "a release has to wait";
    PromotionRefused = "E6055", "a release may not go to an environment";
    PromotionFailed = "E6056", "what was promoted does not do well";
    PromotionDifference = "W6057", "what environments differ in cannot be told";
    NothingToReturnTo = "E6058", "there is no release to go back to";
    RollbackLasting = "W6059", "going back does not undo everything";
    LedgerUnusable = "E6050", "the ledger cannot be read or written";
    HistoryUnread = "W6052", "the history in an environment is not read";
    LedgerBehind = "W6051", "a deployment is not in the ledger yet";

    // 7 AWS
    AwsUnreachable = "E7001", "AWS cannot be reached";
    AwsDenied = "E7002", "AWS denied access";
    AwsCredentials = "E7003", "there are no usable AWS credentials";
    AwsRefused = "E7004", "AWS refused a call";
    WrongAccount = "E7005", "the credentials are of another account";
    NoFoundation = "E7006", "the foundation is not there";
    FoundationOlder = "E7007", "the foundation is of another version";
    PermissionMissing = "E7040", "an action that a deployment takes is not allowed";
    QuotaTooSmall = "E7041", "a quota of the account is too small";
    NameTaken = "E7042", "a name that the stack would give is taken";
    ClockWrong = "E7043", "this machine's clock is wrong";

    // 8 files and command line
    NoProject = "E8001", "no project here";
    UnknownPipeline = "E8002", "there is no such pipeline";
    UnknownEnvironment = "E8003", "there is no such environment";
    FileTrouble = "E8004", "a file cannot be read or written";
    FolderNotEmpty = "E8005", "the folder is not empty";
    Ambiguous = "E8006", "it is not clear which one is meant";
    UnknownStack = "E8007", "there is no such built-in stack";
    UnknownCode = "E8008", "there is no such code";
    ConsentNeeded = "E8009", "nobody is there to ask";
    Declined = "E8010", "declined";
    BadArgument = "E8011", "an argument is not understood";
    OutNeeded = "E8012", "several templates need a folder";

    // 81 files and command line: imports
    SourceSyntax = "E8101", "a source to import cannot be read";
    SourceContradiction = "E8102", "a source to import contradicts itself";
    NothingToImport = "E8103", "there is nothing to import";
    WouldOverwrite = "E8104", "a file is in the way";
    NotCarriedOver = "W8110", "something of the source is not carried over";
    NotEvaluated = "W8111", "a value of the source cannot be told";
    ToBeDecided = "W8112", "an imported pipeline needs a decision";
    MadeAnew = "I8113", "Sluice makes something of its own instead";
    Renamed = "I8114", "a name of the source became another one";

    // 82 files and command line: prices
    BadPrices = "E8201", "a price file does not have the right form";
    NoPrices = "W8202", "no price of a region is known";
    NoSuchPrices = "E8203", "AWS lists no prices for this";

    // 83 files and command line: code hosts
    ForgeToken = "E8301", "there is no usable token for the code host";
    ForgeDenied = "E8302", "the token may not comment";
    ForgeNotFound = "E8303", "no such repository or request";
    ForgeRefused = "E8304", "the code host refuses the comment";
    ForgeUnreachable = "E8305", "the code host does not answer as it should";
    NoPlanComment = "E8306", "a text that cannot be posted";
    NothingForCi = "E8310", "no environment is deployed to AWS";
    PromotionCircle = "E8311", "environments are promoted from each other in a circle";
    CiStale = "E8312", "the CI files are not what the project needs";
    UnknownRights = "W8313", "the rights that a resource type takes are not known";

    // 84 files and command line: git
    GitUnusable = "E8401", "git cannot be used here";
    UnknownRevision = "E8402", "there is no such revision";

    // 9 internal
    ImportUnreadable = "E9101", "an imported pipeline file does not read";
}

impl Code {
    /// Finds a code by its text, in any case.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|code| code.as_str().eq_ignore_ascii_case(text.trim()))
    }

    /// The area the code belongs to.
    #[must_use]
    pub fn area(self) -> Area {
        if self.as_str().starts_with('R') {
            return Area::Readiness;
        }
        match self.as_str().as_bytes().get(1) {
            Some(b'1') => Area::Spec,
            Some(b'2') => Area::Resolve,
            Some(b'3') => Area::Template,
            Some(b'4') => Area::Plan,
            Some(b'5') => Area::Deploy,
            Some(b'6') => Area::Release,
            Some(b'7') => Area::Aws,
            Some(b'8') => Area::Files,
            _ => Area::Internal,
        }
    }
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl serde::Serialize for Code {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}
