// Compiles the package twice from one source: as ES modules, and as CommonJS.
import { execFileSync } from "node:child_process";
import { rmSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
rmSync(`${root}dist`, { recursive: true, force: true });
for (const project of ["tsconfig.json", "tsconfig.cjs.json"]) {
  execFileSync("npx", ["--no-install", "tsc", "-p", project], { cwd: root, stdio: "inherit" });
}
// The package is of type "module"; this half of it is not.
writeFileSync(`${root}dist/cjs/package.json`, '{ "type": "commonjs" }\n');
