"""Removing a REST API: one call takes its resources, deployments and stages along."""

from __future__ import annotations

from ordersetup.aws import Aws
from ordersetup.errors import Incompatible
from ordersetup.transient import Transient

CALLS = (
    "apigateway:DeleteRestApi",
    "apigateway:GetDomainNames",
    "apigateway:GetBasePathMappings",
)
ONE_AT_A_TIME = Transient(
    "TooManyRequestsException",
    "",
    "API Gateway deletes one API in 30 seconds for the whole account",
    "See which other programs delete APIs in this account and region",
    180,
    usual=30,
)


def remove_api(aws: Aws, api_id: str, console: str) -> None:
    """Delete an API, once per reading: the quota counts what botocore would repeat.

    Raises:
        Incompatible: custom domain names lead to it; names them.
    """
    try:
        aws.once.delete_rest_api(restApiId=api_id)
    except aws.once.exceptions.NotFoundException:
        return
    except aws.once.exceptions.BadRequestException as error:
        # "Please remove all base path mappings related to the API …"
        if "base path mapping" not in error.response["Error"]["Message"].lower():
            raise
        raise Incompatible(
            f"{console} is served under {', '.join(mappings(aws, api_id)) or 'a custom domain'}, "
            "and is not deleted while it is.",
            "Remove that base path mapping in API Gateway › Custom domain names, then run the same "
            "command again.",
        ) from error


def mappings(aws: Aws, api_id: str) -> list[str]:
    """Domain and path of every base path mapping that leads to an API."""
    found = []
    for page in aws.apigateway.get_paginator("get_domain_names").paginate():
        for domain in (domain["domainName"] for domain in page.get("items", [])):
            pages = aws.apigateway.get_paginator("get_base_path_mappings")
            for paths in pages.paginate(domainName=domain):
                found += [
                    f"{domain}/{path.get('basePath', '').removeprefix('(none)')}"
                    for path in paths.get("items", [])
                    if path.get("restApiId") == api_id
                ]
    return found
