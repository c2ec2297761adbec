"""Compiles a pipeline for other orchestrators, which run its nodes by the command `headrace run-node`.

Each adapter writes a file that imports only the orchestrator's own library, neither TFX nor headrace.
"""
