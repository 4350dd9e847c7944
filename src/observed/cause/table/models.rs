//! SageMaker.

use super::{ANY, AS_IT_IS, ENDPOINT, KnownCause, MODEL, later, seen};

const CONFIG: &str = "AWS::SageMaker::EndpointConfig";

pub(super) const CAUSES: &[KnownCause] = &[
    KnownCause {
        id: "model-missing",
        cause: "The model is not where the template says: the artifact was removed from the bucket, or was never there.",
        fix: "Deploy again, which uploads what is missing. If it goes on, look at lifecycle rules on the artifact bucket.",
        field: Some("endpoints.NAME.model"),
        again: AS_IT_IS,
        types: &[MODEL, ENDPOINT],
        texts: &["could not find model data at"],
        recorded: &[seen(
            MODEL,
            "Could not find model data at s3://b/m.tar.gz. (Service: AmazonSageMaker; Status Code: 400; Error Code: ValidationException; Request ID: 21fa; Proxy: null)",
            "aws-ia/ecs-blueprints#223, aws/aws-step-functions-data-science-sdk-python#61",
        )],
        ..ANY
    },
    KnownCause {
        id: "model-denied",
        cause: "The endpoint's role may not read the model: its rights have not spread yet, or the bucket, or its key, is \
                in another account or region.",
        fix: "Deploy again once. If it goes on, look at the policy and the key of the artifact bucket: both must let the \
              role in.",
        field: Some("endpoints.NAME.model"),
        again: AS_IT_IS,
        types: &[MODEL, ENDPOINT],
        texts: &["could not access model data at", "failed to download model data"],
        recorded: &[
            seen(
                MODEL,
                "Could not access model data at s3://b/m.tar.gz. Please ensure that the role \"arn:aws:iam::1:role/r\" exists and that its trust relationship policy allows the action \"sts:AssumeRole\" for the service principal \"sagemaker.amazonaws.com\". Also ensure that the role has \"s3:GetObject\" permissions and that the object is located in eu-west-1.",
                "philschmid/llm-sagemaker-sample#2",
            ),
            seen(
                ENDPOINT,
                "Failed to download model data for container \"container_1\" from URL: \"s3://b/model.tar.gz\". Please ensure that there is an object located at the URL and that the role passed to CreateModel has permissions to download the object.",
                "aws-samples/cvat-on-aws-china#3",
            ),
        ],
        ..ANY
    },
    KnownCause {
        id: "image-denied",
        cause: "The container's image is not there, or the endpoint's role may not pull it.",
        fix: "Look at the address and the tag of the image. One in another account's registry needs a repository policy \
              that lets this role pull it, and stands in the same region.",
        field: Some("endpoints.NAME.model.single.image"),
        types: &[MODEL, ENDPOINT],
        texts: &["make sure all images included in the model", "requested image…not found", "ecr:batchgetimage"],
        recorded: &[
            seen(
                ENDPOINT,
                "The role 'arn:aws:iam::1:role/r' does not have BatchGetImage permission for the image: '1.dkr.ecr.eu-west-1.amazonaws.com/i:1'. Please make sure all images included in the model for the production variant variant-1 exist, and that the execution role used to create the model has permissions to access them.",
                "yuyasugano/terraform-sagemaker-sample-1#1",
            ),
            seen(MODEL, "Requested image 1.dkr.ecr.eu-west-1.amazonaws.com/i:1 not found.", "COM"),
        ],
        ..ANY
    },
    KnownCause {
        id: "no-capacity",
        cause: "AWS has no free machine of this type in the region at the moment. It is no quota, and nothing of yours is wrong.",
        fix: "Deploy again later. Where it has to be now, take a neighbouring type: a larger one of the family, or the \
              generation before.",
        field: Some("endpoints.NAME.serving.real-time.instance"),
        again: later(900),
        types: &[ENDPOINT],
        texts: &[
            "insufficientinstancecapacity",
            "unable to provision requested ml compute capacity",
            "insufficient capacity",
            "insufficientcapacity",
        ],
        recorded: &[
            seen(
                ENDPOINT,
                "CapacityError: Unable to provision requested ML compute capacity. Please retry using a different ML instance type.",
                "DIAGNijmegen/rse-grand-challenge#2631",
            ),
            seen(
                ENDPOINT,
                "Request to service failed. InsufficientInstanceCapacity: ml.g6.12xlarge",
                "aws/deep-learning-containers#6411",
            ),
        ],
        ..ANY
    },
    KnownCause {
        id: "instance-quota",
        cause: "The account may have no more endpoint instances of this type in this region; for many types the quota \
                begins at none. A new fleet stands beside the old one while it takes over, so that twice as many count.",
        fix: "Ask Service Quotas for more `TYPE for endpoint usage`, or take a type of which there are enough.",
        field: Some("endpoints.NAME.serving.real-time.instances"),
        types: &[ENDPOINT, CONFIG],
        texts: &["account-level service limit"],
        recorded: &[seen(
            ENDPOINT,
            "The account-level service limit 'ml.m5.large for endpoint usage' is 0 Instances, with current utilization of 0 Instances and a request delta of 1 Instances. Please contact AWS support to request an increase for this limit. (Service: AmazonSageMaker; Status Code: 400; Error Code: ResourceLimitExceeded; Request ID: dee8; Proxy: null)",
            "aws-samples/sagemaker-custom-project-templates#51",
        )],
        ..ANY
    },
    KnownCause {
        id: "container-unhealthy",
        cause: "The container started, and did not answer `GET /ping` with 200 in its time: the model does not load, or \
                takes longer than that.",
        fix: "Read the endpoint's log, /aws/sagemaker/Endpoints/NAME: a missing file, a missing package, too little memory. \
              Try the model in its image before deploying again.",
        field: Some("endpoints.NAME.model"),
        types: &[ENDPOINT],
        texts: &["did not pass the ping health check"],
        recorded: &[seen(
            ENDPOINT,
            "The primary container for production variant AllTraffic did not pass the ping health check. Please check CloudWatch logs for this endpoint.",
            "aws/amazon-sagemaker-examples#379",
        )],
        ..ANY
    },
    KnownCause {
        id: "container-not-started",
        cause: "The container could not be started: its image has no `serve` command, or is built for another processor.",
        fix: "Run `docker run IMAGE serve` on a machine of the same kind, and mend the image.",
        field: Some("endpoints.NAME.model"),
        types: &[ENDPOINT],
        texts: &["cannotstartcontainererror", "container…starts correctly when invoked"],
        recorded: &[seen(
            ENDPOINT,
            "CannotStartContainerError. Please ensure the model container for variant comfyui-sample starts correctly when invoked with 'docker run <image> serve'",
            "aws-samples/comfyui-on-amazon-sagemaker#2",
        )],
        ..ANY
    },
    KnownCause {
        id: "endpoint-busy",
        cause: "The endpoint is still changing, or scaling, from before, and takes one change after the other.",
        fix: "Wait until it is InService: `sluice status` shows it.",
        again: later(600),
        types: &[ENDPOINT],
        texts: &["cannot update in-progress endpoint", "cannot update endpoint…in progress"],
        recorded: &[seen(
            ENDPOINT,
            "Cannot update in-progress endpoint \"arn:aws:sagemaker:eu-west-1:1:endpoint/e\". (Service: SageMaker, Status Code: 400, Request ID: r)",
            "COM",
        )],
        ..ANY
    },
];
