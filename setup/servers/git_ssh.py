"""Git over ssh for tests: one folder of repositories, one key that may come in.

Arguments: the folder, the host's private key, the client's public key. Prints its port.
"""

import asyncio
import shlex
import subprocess
import sys

import asyncssh

ROOT, HOST_KEY, CLIENT_KEY = sys.argv[1:]


class Server(asyncssh.SSHServer):
    def begin_auth(self, username):
        return True


async def serve(process):
    command, path = shlex.split(process.command or "x x")
    if command != "git-upload-pack" or ".." in path:
        process.stderr.write("not here\n")
        process.exit(1)
        return
    child = await asyncio.create_subprocess_exec(
        "git", "-c", "safe.directory=*", "upload-pack", ROOT + "/" + path.lstrip("/"),
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )
    await process.redirect(stdin=child.stdin, stdout=child.stdout, stderr=child.stderr)
    process.exit(await child.wait())


async def main():
    server = await asyncssh.create_server(
        Server, "127.0.0.1", 0, server_host_keys=[HOST_KEY], authorized_client_keys=CLIENT_KEY,
        process_factory=serve, encoding=None,
    )
    print(server.sockets[0].getsockname()[1], flush=True)
    await asyncio.Event().wait()


asyncio.run(main())
