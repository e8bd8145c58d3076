// Reads one delivery as JSON and says what two foreign verifiers make of it: the npm package, or Node's own Ed25519.
const { createPublicKey, verify } = require("node:crypto");
const { Webhook } = require("standardwebhooks");

const PREFIX = Buffer.from("302a300506032b6570032100", "hex"); // An Ed25519 key in SPKI is this and its 32 bytes.

function verified({ key, headers, body }) {
  if (!key.startsWith("whpk_")) {
    return new Webhook(key).verify(body, headers);
  }
  const spki = Buffer.concat([PREFIX, Buffer.from(key.slice(5), "base64")]);
  const publicKey = createPublicKey({ key: spki, format: "der", type: "spki" });
  const signed = Buffer.from(`${headers["webhook-id"]}.${headers["webhook-timestamp"]}.${body}`);
  const fits = headers["webhook-signature"].split(" ").some((one) => {
    const [version, signature] = one.split(",");
    return version === "v1a" && verify(null, signed, publicKey, Buffer.from(signature, "base64"));
  });
  if (!fits) throw new Error("No matching signature found");
  return JSON.parse(body);
}

const said = require("node:fs").readFileSync(0, "utf8").split("\n").filter(Boolean).map((line) => {
  try {
    return verified(JSON.parse(line));
  } catch (error) {
    return { refused: error.message };
  }
});
console.log(JSON.stringify(said));
