"""The three Lambda functions of the order pipeline; standard library and boto3 only.

The package is zipped as a folder, so the same files run in Lambda, in a checkout and in a wheel:
its modules import one another relatively and know nothing of the tool that deploys them.
"""
