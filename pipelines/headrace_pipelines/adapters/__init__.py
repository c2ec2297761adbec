"""Other orchestrators, which run a pipeline's nodes by `headrace run-node`.

Each adapter writes a file that needs the orchestrator's own library only: neither TFX nor headrace is imported there.
"""
