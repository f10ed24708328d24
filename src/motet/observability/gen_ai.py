"""The names of attributes of spans: those of the conventions for generative AI, and our own.

They are written out here because the published constants have moved between packages:
https://opentelemetry.io/docs/specs/semconv/gen-ai/
"""

from typing import Final

__all__ = [
    "AGENT_NAME",
    "CHAT",
    "ERROR_TYPE",
    "EXECUTE_TOOL",
    "INPUT_TOKENS",
    "INVOKE_AGENT",
    "INVOKE_WORKFLOW",
    "MODEL",
    "OPERATION",
    "OUTPUT_TOKENS",
    "PROVIDER",
    "STATUS",
    "TOOL_DESCRIPTION",
    "TOOL_NAME",
    "TOOL_TYPE",
    "UNFINISHED",
    "WORKFLOW_NAME",
]

OPERATION: Final = "gen_ai.operation.name"
INVOKE_AGENT: Final = "invoke_agent"
INVOKE_WORKFLOW: Final = "invoke_workflow"
EXECUTE_TOOL: Final = "execute_tool"
CHAT: Final = "chat"

AGENT_NAME: Final = "gen_ai.agent.name"
WORKFLOW_NAME: Final = "gen_ai.workflow.name"
TOOL_NAME: Final = "gen_ai.tool.name"
TOOL_TYPE: Final = "gen_ai.tool.type"
TOOL_DESCRIPTION: Final = "gen_ai.tool.description"
PROVIDER: Final = "gen_ai.provider.name"
MODEL: Final = "gen_ai.request.model"
INPUT_TOKENS: Final = "gen_ai.usage.input_tokens"
OUTPUT_TOKENS: Final = "gen_ai.usage.output_tokens"

ERROR_TYPE: Final = "error.type"
STATUS: Final = "motet.status"
UNFINISHED: Final = "motet.unfinished"
