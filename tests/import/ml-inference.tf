# The stream that a Kinesis pipeline for inference begins with.
variable "environment" {
  type    = string
  default = "production"
}

resource "aws_kinesis_stream" "ml_inference_stream" {
  name             = "ml-inference-events"
  shard_count      = 16
  retention_period = 168 # 7 days in hours

  shard_level_metrics = [
    "IncomingBytes",
    "IncomingRecords",
    "OutgoingBytes",
    "OutgoingRecords",
    "WriteProvisionedThroughputExceeded",
    "ReadProvisionedThroughputExceeded",
    "IteratorAgeMilliseconds",
  ]

  stream_mode_details {
    stream_mode = "PROVISIONED"
  }

  encryption_type = "KMS"
  kms_key_id      = "alias/aws/kinesis"

  tags = {
    Environment = var.environment
    Owner       = "ml-platform"
  }
}
