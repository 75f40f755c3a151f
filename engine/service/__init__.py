"""The use cases of the desk, one function each, grouped by noun: the only door for the front ends.

Nothing is imported here, so that a front end loads only what it uses.

rules      rule_check.check_rules         do they compile, what does each cost
           rule_tests.run_rule_tests      inline tests and scenario files, one runner
           rule_lint.lint_rules           what compiles and is still not what somebody meant
           rule_format.format_rules       the one look of a rule file
           rule_limits.limits_at          everything in force on a date, and what runs out
           handbook.write_handbook        the handbook of the rules, Markdown and HTML
           rule_files.load_bundle         a folder of rule files as a bundle
           rule_replay.replay_rules       what candidate rules would have said of every decision on record
           bundle_files.build_bundle      rule files as a bundle named by its hash, sealed
           rule_versions.read_version     rules by folder, bundle or git revision
           rule_diff.diff_rules           what became tighter or looser, shown by orders
           rule_diff.write_stream         one such order as a decision stream
           rule_proofs.prove_rules        are the promises of the rules kept
           rule_analysis.analyse_rules    rules and lines that judge nothing
           rule_history.history_of        how often both part from what was decided
review     rule_review.propose_rules      a bundle, compared with what is in force
           rule_review.show_rules         a proposal with every changed line
           rule_review.activate_rules     approved rules into force
           rule_review.rules_in_force     what is in force, proven again
           reviewing.approve              or deny, withdraw: a step of somebody else, or one's own
           reviewing.pending              what waits
           reviewing.review_log           who did what, from the audit chain
lists      list_review.show_lists         lists, and which way an edit is looser
           list_review.edit_list          an edit as a proposal
           list_review.apply_list         an approved version into force and into its file
keys       signing_keys.make_key          a key pair for a principal
decisions  stream.decide_stream           a decision stream, one answer per intent
           why.explain_decision           why a decision fell as it did
           why_text.render_why            an explanation as text
promotion  promotion.judge_promotion      who passes which gate, in what order, what others lack
runs       running.start                  a desk over files of bars, started or taken up again
           demonstration.demo_request     the shipped demonstration
           runs.list_runs                 the runs of a database
           journal_export.export_journal  their decisions as a Parquet file
           broker_snapshot.snapshot_run   what the paper broker of a run says, as a document
           reconciliation.reconcile_run   a run's books beside a broker's document
watching   watching.switches_of           the switches of a run, and postures in force
           watching.tasks_of              what its rules gave people to do
           watching.watch_log             everything watched rules did
screens    desk_view.DeskView             what a terminal shows, read and never written
bars       market_files.examine           what bar files are worth
           market_files.write_bars        bars in canonical form
records    audit_trail.verify_database    is the audit chain whole
           audit_trail.verify_log         the same of an exported log
           schema.schema_of               which schema a database has
           schema.migrate                 bring it to this program's
machine    health.examine_machine         everything the desk needs, with remedies

What cannot be served raises refusal.Refused, refusal.RulesRefused or refusal.StreamRefused, or the
fault of the package below; all of them carry data and none is words alone.
"""
