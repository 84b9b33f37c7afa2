// Builds the native library and the `scrypath` command, and puts them where `src/native.cts` looks for them.
import { execFileSync } from "node:child_process";
import { copyFileSync, mkdirSync, renameSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const workspace = join(root, "..");
// `make` has built them with all the rest: alone they have other features, and everything would be compiled twice.
if (process.env.SCRYPATH_BUILT === undefined) {
  const packages = ["-p", "scrypath-node", "-p", "scrypath-cli"];
  execFileSync("cargo", ["build", "--release", ...packages], { cwd: workspace, stdio: "inherit" });
}

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
const platform = `${process.platform}-${process.arch}${libc}`;
const exe = process.platform === "win32" ? ".exe" : "";

mkdirSync(join(root, "native"), { recursive: true });
place(built, `scrypath.${platform}.node`);
place(`scrypath${exe}`, `scrypath.${platform}${exe}`);

/** Renamed into place: a running process keeps the file it loaded. */
function place(name, as) {
  const file = join(root, "native", as);
  copyFileSync(join(target, "release", name), `${file}.new`);
  renameSync(`${file}.new`, file);
}
