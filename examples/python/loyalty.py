"""Opens a loyalty account for everybody who signs up: a processor on docs/wire.md and a NATS client alone."""

import asyncio
import base64
import json
import os
import signal
import sqlite3
import uuid
from datetime import datetime, timezone
from pathlib import Path
from urllib.parse import quote, unquote

import nats
from nats.js.api import AckPolicy, ConsumerConfig
from nats.js.errors import NoStreamResponseError, ServiceUnavailableError

PROCESSOR, CONSUMES, PUBLISHES = "loyalty", "user.signed-up", "loyalty-account.opened"
MOST_CARRIED = 675_840  # bytes of a body for which a failure event has room
DELAYS = [1, 7, 49, 300]  # seconds before each further attempt
CASCADE = uuid.UUID("6f1c1f6e-4d0a-5b0e-9b6d-6f6f1d3c9a54")  # namespace of ids made from where an event lies
LANGUAGES = os.environ.get("LOYALTY_LANGUAGES", "en de").split()


class InvalidEvent(Exception):
    """The event breaks its contract."""


class Unrecoverable(Exception):
    """No further attempt would help."""


class Event:
    """What came, on the event's channel or replayed to this processor alone."""

    def __init__(self, message):
        self.body, self.message, headers = message.data, message.metadata, message.headers or {}
        self.place = [self.message.stream, self.message.sequence.stream]
        replay = headers if message.subject.startswith("replay.") else {}
        self.headers = own_headers(headers) if replay else headers
        ce = {name.lower(): unquote(value) for name, value in self.headers.items()}
        self.id = ce.get("ce-id") or replay.get("cascade-event-id") or id_by_place(message.reply, self.place)
        self.type = ce.get("ce-type") or f"{CONSUMES}.v1"
        self.correlation_id = ce.get("ce-correlationid") or self.id
        self.failure_id, self.replay_id = replay.get("cascade-failure-id"), replay.get("cascade-replay-id")
        self.as_new = {"asNew": replay["cascade-as-new"]} if "cascade-as-new" in replay else {}
        sequence = replay.get("cascade-original-sequence", "")
        self.original = {
            "stream": replay.get("cascade-original-stream", self.place[0]),
            "sequence": int(sequence) if sequence.isdecimal() else self.place[1],
            "subject": replay.get("cascade-original-subject", message.subject),
        }


def own_headers(headers):
    """Those that the event had before it was replayed."""
    carried = "cascade-carried-"
    return {name.removeprefix(carried): value for name, value in headers.items()
            if name.startswith(carried) or not name.lower().startswith(("cascade-", "nats-"))}


def id_by_place(reply, place):
    """The id of an event that was published without one."""
    tokens = reply.split(".")
    stored_ms = int(tokens[7 if len(tokens) == 9 else 9]) // 1_000_000
    return str(uuid.uuid5(CASCADE, json.dumps([*place, stored_ms], separators=(",", ":"))))


def derived_id(*parts):
    """The same parts make the same id, so that the broker drops what is published again after a crash."""
    return str(uuid.uuid5(CASCADE, json.dumps([PROCESSOR, *parts])))


def now():
    return datetime.now(timezone.utc).isoformat()


async def publish(js, subject, event_type, event_id, data, cause):
    """Returns once the broker has confirmed that it is stored; until then sends it again, with the same id."""
    headers = {
        "Nats-Msg-Id": event_id, "ce-specversion": "1.0", "ce-id": event_id, "ce-source": PROCESSOR,
        "ce-type": event_type, "ce-time": now(), "ce-datacontenttype": "application/json",
        "ce-correlationid": quote(cause.correlation_id), "ce-causationid": quote(cause.id),
    }
    while True:
        try:
            return await js.publish(subject, json.dumps(data).encode(), timeout=2, headers=headers)
        except (nats.errors.TimeoutError, NoStreamResponseError, ServiceUnavailableError) as error:
            print(f"{subject} is not stored yet: {error!r}", flush=True)
            await asyncio.sleep(1)


def open_account(database, event):
    """The same account however often the event comes: the event's id is the key."""
    if event.type != f"{CONSUMES}.v1":
        raise InvalidEvent(f"{event.type} is not known here")
    try:
        user = json.loads(event.body)
        user_id, language = user["userId"], user["locale"].split("-")[0]
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise InvalidEvent(f"no {event.type}: {error!r}") from error
    if language not in LANGUAGES:
        raise Unrecoverable(f"no terms and conditions in language {language}")
    with database:
        database.execute("INSERT OR IGNORE INTO accounts VALUES (?, ?)", (event.id, str(uuid.uuid4())))
    (account,) = database.execute("SELECT id FROM accounts WHERE event_id = ?", (event.id,)).fetchone()
    return {"userId": user_id, "accountId": account}


async def give_up(js, event, error, reason):
    body = {"encoding": "base64", "data": base64.b64encode(event.body).decode()}
    failure_id = derived_id("failed", event.id, event.place)  # a replay that fails again is another failure
    await publish(js, f"failed.{PROCESSOR}.{CONSUMES}", "event.failed.v1", failure_id, {
        "processor": PROCESSOR, "reason": reason, "attempts": min(event.message.num_delivered, len(DELAYS) + 1),
        "firstAttemptAt": event.message.timestamp.isoformat(), "lastAttemptAt": now(),
        "error": {"name": type(error).__name__, "message": str(error)},
        "original": {**event.original, "eventId": event.id, "size": len(event.body),
                     "headers": {name: [value] for name, value in event.headers.items()},
                     **({"body": body} if len(event.body) <= MOST_CARRIED else {})},
        **event.as_new,
    }, event)
    await tell_replay(js, event, "failed-again", failedAgainAs=failure_id)


async def tell_replay(js, event, state, **more):
    """Says what became of the failure event that was replayed; a replay of a channel is of none."""
    if event.failure_id:
        replayed = {"failureId": event.failure_id, "replayId": event.replay_id, "state": state}
        await publish(js, f"failure-state.{PROCESSOR}.{event.failure_id}", "failure.state-changed.v1",
                      derived_id(replayed), {**replayed, "at": now(), **more}, event)


async def process(js, database, message):
    event, attempt = Event(message), message.metadata.num_delivered
    try:
        if attempt > len(DELAYS) + 1:
            raise RuntimeError("delivered at every attempt and never answered")
        account = open_account(database, event)
    except Exception as error:
        reason = {InvalidEvent: "invalid-event", Unrecoverable: "unrecoverable"}.get(type(error))
        if reason is None and attempt <= len(DELAYS):
            print(f"event {event.id} failed at attempt {attempt}: {error!r}", flush=True)
            return await message.nak(delay=DELAYS[attempt - 1])
        await give_up(js, event, error, reason or "attempts-exhausted")
        return await message.term()
    account_id = derived_id(event.id, *event.as_new.values())
    await publish(js, f"events.{PUBLISHES}", f"{PUBLISHES}.v1", account_id, account, event)
    await tell_replay(js, event, "handled")
    await message.ack()


async def main():
    stopping = asyncio.Event()
    for name in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(name, stopping.set)
    database = sqlite3.connect(Path(__file__).with_suffix(".db"))
    database.execute("CREATE TABLE IF NOT EXISTS accounts (event_id TEXT PRIMARY KEY, id TEXT)")
    servers = os.environ.get("NATS_URL", "nats://127.0.0.1:4222").split(",")
    client = await nats.connect(servers, inbox_prefix=f"_INBOX_{PROCESSOR}", max_reconnect_attempts=-1)
    js = client.jetstream()
    await js.add_consumer("EVENTS", ConsumerConfig(
        name=PROCESSOR, durable_name=PROCESSOR, ack_policy=AckPolicy.EXPLICIT, ack_wait=30, max_deliver=-1,
        filter_subjects=[f"events.{CONSUMES}", f"replay.{PROCESSOR}.{CONSUMES}"]))
    consumer = await js.pull_subscribe_bind(PROCESSOR, "EVENTS")
    while not stopping.is_set():
        try:
            messages = await consumer.fetch(10, timeout=1)  # no more than are done within ack_wait
        except asyncio.TimeoutError:
            continue
        for message in messages:
            await process(js, database, message)
    await client.close()


asyncio.run(main())
