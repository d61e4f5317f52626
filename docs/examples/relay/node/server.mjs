// An example of an endpoint for giftbridge's relay. It needs Node.js alone.
//
//   RELAY_SECRETS=whsec_… PORT=8080 node server.mjs
import { createHmac, timingSafeEqual } from 'node:crypto';
import { createServer } from 'node:http';

// Reports whether a request was signed with one of the secrets, no more than five minutes ago. The body is a Buffer: text that was
// parsed and written again has another signature.
function verify(headers, body, secrets) {
  const id = headers['webhook-id'];
  const timestamp = headers['webhook-timestamp'] ?? '';
  const signatures = (headers['webhook-signature'] ?? '').split(' ');
  if (!id || !/^\d{1,15}$/.test(timestamp) || Math.abs(Date.now() / 1000 - Number(timestamp)) > 300) return false;
  return secrets.some((secret) => {
    const key = Buffer.from(secret.replace(/^whsec_/, ''), 'base64');
    if (key.length < 24) return false; // An empty key would accept what anyone signs.
    const mac = createHmac('sha256', key).update(`${id}.${timestamp}.`).update(body).digest('base64');
    const want = Buffer.from(`v1,${mac}`);
    return signatures.some((signature) => {
      const got = Buffer.from(signature);
      return got.length === want.length && timingSafeEqual(got, want);
    });
  });
}

const secrets = (process.env.RELAY_SECRETS ?? '').split(',');
const seen = new Set(); // Yours is a table with a unique key, written in one transaction with the event.

createServer((request, response) => {
  const chunks = [];
  request.on('data', (chunk) => chunks.push(chunk));
  request.on('end', () => {
    const body = Buffer.concat(chunks);
    if (!verify(request.headers, body, secrets)) {
      response.writeHead(401).end();
      return;
    }
    const id = request.headers['webhook-id'];
    if (seen.has(id)) {
      response.writeHead(200).end(); // It was taken before: say yes, and do nothing.
      return;
    }
    seen.add(id);
    // Store the body with giftbridge-topic here, and work on it later.
    response.writeHead(204).end();
  });
}).listen(Number(process.env.PORT), '127.0.0.1');
