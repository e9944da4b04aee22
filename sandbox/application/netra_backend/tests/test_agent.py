from netra_backend.app.services.agent import answer


def test_the_most_idle_money_comes_first():
    rows = [("a", "vm", 100.0, 0.9, "Keep."), ("b", "vm", 80.0, 0.1, "Shrink it.")]
    assert "Change b (vm) first" in answer(rows)  # noqa: S101
