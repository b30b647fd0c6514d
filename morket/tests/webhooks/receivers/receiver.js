// A receiver that verifies with `standardwebhooks` of npm; it speaks as receiver.py does.

const crypto = require("node:crypto");
const http = require("node:http");
const readline = require("node:readline");
const { Webhook, WebhookVerificationError } = require("standardwebhooks");

let secret = "";

function plainIsRight(headers, body) {
  const key = Buffer.from(secret.replace("whsec_", ""), "base64");
  const mac = crypto.createHmac("sha256", key);
  mac.update(`${headers["x-webhook-timestamp"]}.`).update(body);
  const expected = Buffer.from(`sha256=${mac.digest("hex")}`);
  const given = Buffer.from(headers["x-webhook-signature"]);
  return expected.length === given.length && crypto.timingSafeEqual(expected, given);
}

const server = http.createServer((request, response) => {
  const parts = [];
  request.on("data", (part) => parts.push(part));
  request.on("end", () => {
    const body = Buffer.concat(parts);
    const { headers } = request;
    try {
      const told = new Webhook(secret).verify(body.toString("utf8"), headers);
      if (told.id !== headers["webhook-id"]) throw new Error("another id in the body");
      console.log(`${plainIsRight(headers, body) ? "verified" : "standard"} ${told.id}`);
      response.writeHead(204).end();
    } catch (error) {
      if (!(error instanceof WebhookVerificationError)) throw error;
      console.log(`refused ${headers["webhook-id"]}`);
      response.writeHead(401).end();
    }
  });
});

server.listen(0, "127.0.0.1", () => console.log(`127.0.0.1:${server.address().port}`));
readline.createInterface({ input: process.stdin }).on("line", (line) => {
  secret = line.trim();
  console.log("learnt");
});
