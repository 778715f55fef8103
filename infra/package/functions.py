"""What every function of the template gets: its name, its role's name, its log group, its alarms."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from infra.package.cloudformation import Template

RETENTION_DAYS = 365


def logical_id(function: str) -> str:
    """The name that Chalice gives a function in the template."""
    if function == "api_handler":
        return "APIHandler"
    return "".join(part.capitalize() for part in function.split("_"))


def role_id(function: str) -> str:
    """The name that Chalice gives its role."""
    return "".join(part.capitalize() for part in function.split("_")) + "Role"


def add_to_each(template: Template, functions: Iterable[str]) -> None:
    """Complete the functions of a packaged template in place."""
    resources = template["Resources"]
    for function in functions:
        name, logical = _sub(f"clavero-${{Stage}}-{function}"), logical_id(function)
        lambda_function = resources[logical]
        lambda_function["Properties"]["FunctionName"] = name
        # The group must be there first, or the function makes one that keeps everything for ever.
        lambda_function["DependsOn"] = [f"{logical}Log"]
        role = resources[role_id(function)]["Properties"]
        role["RoleName"] = name
        # IAM takes 10,240 characters of a role's policies, and the names of statements are for readers.
        for policy in role.get("Policies", []):
            for statement in policy["PolicyDocument"]["Statement"]:
                statement.pop("Sid", None)
        resources[f"{logical}Log"] = {
            "Type": "AWS::Logs::LogGroup",
            "Properties": {
                "LogGroupName": _sub(f"/aws/lambda/clavero-${{Stage}}-{function}"),
                "RetentionInDays": RETENTION_DAYS,
            },
        }
        dimensions = [{"Name": "FunctionName", "Value": name}]
        for metric in ("Errors", "Throttles"):
            resources[f"{logical}{metric}"] = _alarm(
                f"{function.replace('_', '-')}-{metric.lower()}", "AWS/Lambda", metric, "Sum", dimensions
            )
        if f"{logical}DeadLetters" in resources:
            resources[f"{logical}DeadLettersKept"] = _alarm(
                f"{function.replace('_', '-')}-dead-letters",
                "AWS/SQS",
                "ApproximateNumberOfMessagesVisible",
                "Maximum",
                [{"Name": "QueueName", "Value": {"Fn::GetAtt": [f"{logical}DeadLetters", "QueueName"]}}],
            )


def _sub(text: str) -> dict[str, str]:
    return {"Fn::Sub": text}


def _alarm(
    name: str, namespace: str, metric: str, statistic: str, dimensions: list[dict[str, Any]]
) -> dict[str, Any]:
    return {
        "Type": "AWS::CloudWatch::Alarm",
        "Properties": {
            "AlarmName": _sub(f"clavero-${{Stage}}-{name}"),
            "AlarmActions": [{"Ref": "Alarms"}],
            "OKActions": [{"Ref": "Alarms"}],
            "Namespace": namespace,
            "MetricName": metric,
            "Dimensions": dimensions,
            "Statistic": statistic,
            "Period": 300,
            "EvaluationPeriods": 1,
            "ComparisonOperator": "GreaterThanThreshold",
            "Threshold": 0,
            "TreatMissingData": "notBreaching",
        },
    }
