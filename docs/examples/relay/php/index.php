<?php
// An example of an endpoint for giftbridge's relay. It needs PHP alone.
//
//   RELAY_SECRETS=whsec_… RELAY_SEEN=/tmp/seen php -S 127.0.0.1:8080 index.php

declare(strict_types=1);

// Reports whether a request was signed with one of the secrets, no more than five minutes ago.
function verify(string $id, string $timestamp, string $signatures, string $body, array $secrets): bool
{
    if ($id === '' || !preg_match('/^[0-9]{1,15}$/D', $timestamp) || abs(time() - (int) $timestamp) > 300) {
        return false;
    }
    foreach ($secrets as $secret) {
        $key = base64_decode(preg_replace('/^whsec_/', '', $secret), true);
        if ($key === false || strlen($key) < 24) {
            continue; // An empty key would accept what anyone signs.
        }
        $want = 'v1,' . base64_encode(hash_hmac('sha256', "$id.$timestamp.$body", $key, true));
        foreach (explode(' ', $signatures) as $got) {
            if (hash_equals($want, $got)) {
                return true;
            }
        }
    }
    return false;
}

$body = file_get_contents('php://input'); // The bytes as they came: not what json_decode made of them.
$id = $_SERVER['HTTP_WEBHOOK_ID'] ?? '';
$good = verify(
    $id,
    $_SERVER['HTTP_WEBHOOK_TIMESTAMP'] ?? '',
    $_SERVER['HTTP_WEBHOOK_SIGNATURE'] ?? '',
    $body,
    explode(',', getenv('RELAY_SECRETS') ?: '')
);
if (!$good) {
    http_response_code(401);
    exit;
}

// Yours is a table with a unique key, written in one transaction with the event. Here, a file that can be made only once.
$seen = getenv('RELAY_SEEN') . '/' . hash('sha256', $id);
if (@fopen($seen, 'x') === false) {
    http_response_code(200); // It was taken before: say yes, and do nothing.
    exit;
}
// Store the body with giftbridge-topic here, and work on it later.
http_response_code(204);
