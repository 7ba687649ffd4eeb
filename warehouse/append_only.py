"""The database itself keeps events append-only: its triggers, by the name of the dialect.

Migration 0002 and a new database create these. Whoever changes them adds a migration, and leaves
0002 the text that it ran.
"""

from typing import Final

_IS_FORWARD = """NEW.event_id > OLD.event_id AND EXISTS (
    SELECT 1 FROM events WHERE events.event_id = NEW.event_id AND events.hash = NEW.hash
)"""

# Not even the owner changes events without taking the triggers off first.
_POSTGRESQL: Final = (
    """CREATE FUNCTION refuse_event_change() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        RAISE EXCEPTION 'events are append-only' USING ERRCODE = 'insufficient_privilege';
    END $$""",
    """CREATE TRIGGER events_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON events
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_event_change()""",
    """CREATE TRIGGER event_head_stays BEFORE DELETE OR TRUNCATE ON event_head
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_event_change()""",
    f"""CREATE FUNCTION refuse_head_back() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF {_IS_FORWARD} THEN RETURN NEW; END IF;
        RAISE EXCEPTION 'the head of events only moves to a later event'
            USING ERRCODE = 'insufficient_privilege';
    END $$""",
    """CREATE TRIGGER event_head_forward BEFORE UPDATE ON event_head
    FOR EACH ROW EXECUTE FUNCTION refuse_head_back()""",
)
_SQLITE: Final = (
    """CREATE TRIGGER events_not_updated BEFORE UPDATE ON events
    BEGIN SELECT RAISE(ABORT, 'events are append-only'); END""",
    """CREATE TRIGGER events_not_deleted BEFORE DELETE ON events
    BEGIN SELECT RAISE(ABORT, 'events are append-only'); END""",
    """CREATE TRIGGER event_head_stays BEFORE DELETE ON event_head
    BEGIN SELECT RAISE(ABORT, 'events are append-only'); END""",
    f"""CREATE TRIGGER event_head_forward BEFORE UPDATE ON event_head WHEN NOT ({_IS_FORWARD})
    BEGIN SELECT RAISE(ABORT, 'the head of events only moves to a later event'); END""",
)
TRIGGERS: Final = {"postgresql": _POSTGRESQL, "sqlite": _SQLITE}
