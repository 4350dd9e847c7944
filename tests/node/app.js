// A plain stack of types that Sluice emits, with a synthesizer that needs no bootstrap stack.
const { App, CfnOutput, LegacyStackSynthesizer, Stack } = require("aws-cdk-lib");
const { CfnStream } = require("aws-cdk-lib/aws-kinesis");
const { CfnLogGroup } = require("aws-cdk-lib/aws-logs");
const { CfnTopic } = require("aws-cdk-lib/aws-sns");

const app = new App({ analyticsReporting: false });
const stack = new Stack(app, "peer-cdk", { synthesizer: new LegacyStackSynthesizer() });
const stream = new CfnStream(stack, "Stream", { shardCount: 1, retentionPeriodHours: 24 });
new CfnLogGroup(stack, "Log", { retentionInDays: Number(process.env.PEER_DAYS) });
new CfnTopic(stack, "Topic", { displayName: `of ${stream.ref}` });
new CfnOutput(stack, "StreamArn", { value: stream.attrArn });
app.synth();
