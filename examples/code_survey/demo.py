"""Survey the Python standard library of this machine, or the folder that is given, and show the report.

python examples/code_survey/demo.py [FOLDER]
"""

import asyncio
import sys
import sysconfig
from pathlib import Path

from flow import SurveyRequest, survey


async def main() -> None:
    """Show the progress as it comes, and then the report."""
    folder = sys.argv[1] if len(sys.argv) > 1 else sysconfig.get_path("stdlib")
    async with survey.stream(SurveyRequest(path=Path(folder))) as stream:
        async for chunk in stream:
            print(chunk.text, end="", file=sys.stderr, flush=True)
        print(await stream.result())


if __name__ == "__main__":
    asyncio.run(main())
