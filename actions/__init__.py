"""From proposals to confirmed writes: policies, guard, dispatch, undo."""
