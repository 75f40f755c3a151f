"""No credential enters through a file, and none leaves through a message."""

import pytest

from engine.config.document import parse_document
from engine.config.redaction import SECRET_PREFIXES, is_secret_like, redact
from engine.config.secret_scan import find_secrets

# Built from parts so that no scanner mistakes this file for a leak.
SECRETS = {prefix: prefix + "0123456789abcdef" for prefix in SECRET_PREFIXES}


@pytest.mark.parametrize("prefix", sorted(SECRETS))
def test_credential_of_every_known_kind_is_refused_without_its_value(tree, prefix):
    secret = SECRETS[prefix]
    tree.swap("defaults/base.yaml", "directory: exports", f'directory: "  {secret}"')
    refused = tree.refuse()
    assert [(fault.code, fault.pointer) for fault in refused.diagnostics] == [
        ("CONFIG_SECRET_DETECTED", "/artifacts/directory")
    ]
    assert "CONFIG_SECRET_DETECTED leaf=/artifacts/directory value=REDACTED" in str(refused)
    assert secret not in str(refused) + repr(refused)


def test_credential_in_an_array_is_refused(tree):
    tree.swap("engines/main.yaml", "[QQQ, SPY]", f"[QQQ, '{SECRETS['AKIA']}']")
    [fault] = tree.refuse().diagnostics
    assert (fault.code, fault.pointer) == ("CONFIG_SECRET_DETECTED", "/strategies/swing_trend_v1/symbols/1")
    assert (fault.source, fault.line) == ("engines/main.yaml", 10)


@pytest.mark.parametrize(
    "source",
    [
        "defaults/base.yaml",
        "environments/windows-dev.yaml",
        "engines/main.yaml",
        "risk_profiles/tier_A_consistent.yaml",
        "stress_profiles/latency_high.yaml",
    ],
)
def test_credential_in_any_layer_is_refused(tree, source):
    tree.append(source, f"\nextra:\n  deep: [{{token: '{SECRETS['ghp_']}'}}]\n")
    [fault] = tree.refuse(stress=["latency_high"]).diagnostics
    assert (fault.code, fault.source) == ("CONFIG_SECRET_DETECTED", source)
    assert fault.pointer == "/extra/deep/0/token"


def test_credential_in_a_block_of_another_mode_is_refused(tree):
    tree.append("engines/main.yaml", f"      data: {{api_key_env: '{SECRETS['sk_live']}'}}\n")
    [fault] = tree.refuse().diagnostics
    assert fault.pointer == "/in_modes/1/set/data/api_key_env"


def test_credential_as_a_key_is_refused_and_the_pointer_redacted(tree):
    tree.append("defaults/base.yaml", f"\n{SECRETS['glpat-']}: 1\n")
    refused = tree.refuse()
    assert refused.diagnostics[0].pointer == "/<REDACTED>"
    assert SECRETS["glpat-"] not in str(refused)


def test_credential_in_an_override_is_refused(tree):
    refused = tree.refuse(overrides=[f"artifacts.directory={SECRETS['xoxb-']}"])
    assert refused.diagnostics[0].code == "CONFIG_SECRET_DETECTED"
    assert SECRETS["xoxb-"] not in str(refused)


def test_credential_in_the_principals_file_is_refused(tree):
    from engine.config.principals import load_principals
    from engine.config.refusal import ConfigRefused

    tree.swap("principals.yaml", "Ada, administrator", SECRETS["sk-"])
    with pytest.raises(ConfigRefused, match="CONFIG_SECRET_DETECTED") as caught:
        load_principals(tree.root / "principals.yaml")
    assert SECRETS["sk-"] not in str(caught.value)


def test_broken_yaml_around_a_credential_does_not_repeat_it():
    secret = SECRETS["sk-"]
    for text in (f"{secret}: 1\n{secret}: 2\n", f"a: !{secret} x\n", f"a: *{secret}\n", f"{secret}: [\n"):
        faults = parse_document(text, "x.yaml")
        assert isinstance(faults, list)
        assert secret not in "".join(map(str, faults)), text


def test_short_or_unprefixed_text_is_no_credential(tree):
    assert not is_secret_like("sk-1234")
    assert is_secret_like("sk-12345")
    assert not is_secret_like("risk-1234567")
    assert not is_secret_like("ALPACA_API_KEY_PAPER_MAIN")
    assert tree.load().diagnostics == ()


def test_every_shipped_file_is_free_of_credentials(shipped):
    files = sorted(shipped.rglob("*.yaml"))
    assert len(files) >= 10
    for path in files:
        document = parse_document(path.read_bytes(), path.name)
        assert not isinstance(document, list)
        assert find_secrets(document) == []


def test_redaction_keeps_the_rest_of_the_sentence():
    assert redact(f"the key '{SECRETS['AKIA']}' is given twice") == "the key '<REDACTED>' is given twice"
