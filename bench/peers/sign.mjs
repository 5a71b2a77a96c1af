// Signs one document again and again with a peer's own call, and says how much processor that took.
//
//   node sign.mjs PEER < {"xml": …, "p12": base64, "pin": …, "seconds": …}
//
// Standard output: {"count", "cpu", "sample"}; `sample` is the last signed document, base64. Peers
// are installed by npm into the folder this is run from.
import { createRequire } from "node:module";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { readFileSync } from "node:fs";

const require = createRequire(join(process.cwd(), "package.json"));
const input = JSON.parse(readFileSync(0, "utf8"));
const p12 = Buffer.from(input.p12, "base64");

const peers = {
  // Its dependencies have moved on: they no longer bring a DOM, which has to be handed to them.
  async "haciendacostarica-signer"() {
    const own = createRequire(require.resolve("haciendacostarica-signer"));
    const xades = createRequire(own.resolve("xadesjs"));
    const dsig = createRequire(xades.resolve("xmldsigjs"));
    for (const each of [own, xades, dsig]) {
      const { DOMImplementation, DOMParser, XMLSerializer } = each("@xmldom/xmldom");
      const dom = { DOMImplementation, DOMParser, XMLSerializer, xpath: each("xpath") };
      each("xml-core").setNodeDependencies(dom);
    }
    const signer = require("haciendacostarica-signer");
    return async () => Buffer.from(await signer.sign(input.xml, input.p12, input.pin), "base64");
  },
  async "@dojocoding/hacienda-sdk"() {
    const base = join(process.cwd(), "node_modules", "@dojocoding", "hacienda-sdk");
    const sdk = await import(pathToFileURL(join(base, "dist", "index.js")).href);
    return async () => Buffer.from(await sdk.signXml(input.xml, p12, input.pin));
  },
};

const sign = await peers[process.argv[2]]();
let sample = Buffer.alloc(0);
for (let i = 0; i < 3; i++) sample = await sign(); // compiled before it is counted
const spent = () => {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
};
const start = spent();
let count = 0;
while (spent() - start < input.seconds) {
  sample = await sign();
  count++;
}
const cpu = spent() - start;
process.stdout.write(JSON.stringify({ count, cpu, sample: sample.toString("base64") }) + "\n");
