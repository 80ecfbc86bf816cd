import { connect, createServer, type Socket } from "node:net";

/** A way to the platform that can be cut: what passes then ends in the middle, and nothing comes through. */
export interface Cable {
  url: string;
  cut(): void;
  mend(): void;
  close(): Promise<void>;
}

/** A slow one, so that a large file is on its way for a while. */
export async function cable(target: string): Promise<Cable> {
  const { hostname, port } = new URL(target);
  const open = new Set<Socket>();
  let whole = true;
  const server = createServer((near) => {
    if (!whole) return near.destroy();
    const far = connect(Number(port), hostname);
    for (const [from, to] of [[near, far], [far, near]]) {
      open.add(from);
      from.on("error", () => to.destroy());
      from.on("close", () => open.delete(from) && to.destroy());
    }
    far.pipe(near);
    near.on("end", () => far.end());
    near.on("data", (chunk) => {
      far.write(chunk);
      near.pause();
      setTimeout(() => near.resume(), 15);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  const cut = () => {
    whole = false;
    for (const socket of open) socket.destroy();
  };
  return {
    url: `http://127.0.0.1:${typeof address === "object" && address ? address.port : 0}`,
    cut,
    mend: () => void (whole = true),
    close: () => {
      cut();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}
