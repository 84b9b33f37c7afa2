// Builds the native library and puts it where `src/native.cts` looks for it.
import { execFileSync } from "node:child_process";
import { copyFileSync, mkdirSync, renameSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const workspace = join(root, "..");
execFileSync("cargo", ["build", "--release", "-p", "scrypath-node"], { cwd: workspace, stdio: "inherit" });

const built = {
  linux: "libscrypath_node.so",
  darwin: "libscrypath_node.dylib",
  win32: "scrypath_node.dll",
}[process.platform];
const libc =
  process.platform !== "linux"
    ? ""
    : process.report.getReport().header.glibcVersionRuntime
      ? "-gnu"
      : "-musl";
const target = process.env.CARGO_TARGET_DIR ?? join(workspace, "target");
const file = join(root, "native", `scrypath.${process.platform}-${process.arch}${libc}.node`);

mkdirSync(join(root, "native"), { recursive: true });
// Renamed into place: a running process keeps the library it loaded.
copyFileSync(join(target, "release", built), `${file}.new`);
renameSync(`${file}.new`, file);
