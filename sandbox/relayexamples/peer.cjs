// Signs and verifies with another implementation of Standard Webhooks. It reads one request a line, and answers with one line:
// {"secret", "id", "timestamp", "body"} with its signature, and with "signature" as well, whether that is right.
const { createInterface } = require('node:readline');
const { Webhook } = require(process.argv[2]);

createInterface({ input: process.stdin }).on('line', (line) => {
  const { secret, id, timestamp, body, signature } = JSON.parse(line);
  const webhook = new Webhook(secret);
  if (signature === undefined) {
    console.log(webhook.sign(id, new Date(timestamp * 1000), body));
    return;
  }
  try {
    webhook.verify(body, { 'webhook-id': id, 'webhook-timestamp': String(timestamp), 'webhook-signature': signature });
    console.log('right');
  } catch {
    console.log('wrong');
  }
});
