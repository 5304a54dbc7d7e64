"""Tests that `./run test` leaves to `./run test extended`: what takes longest.

The default run has two cores and eight minutes. Each promise keeps a test there; what is
listed here tests it under more load, in more views, or on another server or database. A name
without parameters stands for all of them.
"""

from __future__ import annotations

import pytest

NAMES: dict[str, tuple[str, ...]] = {
    "tests/accounts/test_createowner.py": ("test_createowner_prompts_when_run_in_a_terminal",),
    "tests/asgi_project/test_doctor_command.py": (
        "test_way_to_daphne_is_well",
        "test_way_without_a_proxy_is_well",
    ),
    "tests/asgi_project/test_websocket_protocol.py": (
        "test_handshake_is_dropped_when_the_socket_is_accepted",
    ),
    "tests/bench/test_history.py": ("test_committed_versions_follow_the_seeded_ones",),
    "tests/bench/test_vanilla.py": ("test_baseline_rejects_anonymous_clients",),
    "tests/browser/test_account.py": (
        "test_account_can_be_deleted_once_its_lists_have_owners",
        "test_exported_lists_can_be_imported",
        "test_guest_sees_only_guest_sections_on_account_page",
        "test_other_device_is_signed_out_at_once",
    ),
    "tests/browser/test_added_item.py": ("test_item_of_another_member_below_the_screen_is_said",),
    "tests/browser/test_aisles.py": (
        "test_long_list_keeps_few_rows_of_its_aisles_in_the_page",
        "test_rows_are_grouped_and_fold_by_aisle",
    ),
    "tests/browser/test_back_forward_cache.py": (
        "test_kept_page_gets_what_it_missed",
        "test_kept_page_of_signed_out_user_shows_nothing",
    ),
    "tests/browser/test_delivery.py": (
        "test_change_is_followed_to_each_screen",
        "test_members_see_the_screens_of_their_own_lists_and_no_sockets",
        "test_staff_sees_path_and_screens_and_disconnects_one",
    ),
    "tests/browser/test_doctor.py": ("test_way_without_a_proxy_is_well",),
    "tests/browser/test_hostile_text.py": (
        "test_hostile_names_are_rendered_as_text_on_every_page",
    ),
    "tests/browser/test_installed_app.py": (
        "test_list_is_created_and_used_without_its_server",
        "test_new_version_is_offered_and_shown_on_request",
    ),
    "tests/browser/test_languages.py": (
        "test_language_is_chosen_before_the_sign_in",
        "test_sign_in_leads_to_the_language_of_the_user",
        "test_view_is_german_accessible_and_fits[people]",
    ),
    "tests/browser/test_live_collaboration.py": (
        "test_edits_by_another_process_are_shown_to_both_users",
    ),
    "tests/browser/test_long_list.py": (
        "test_edits_are_shown_in_a_long_list",
        "test_long_list_keeps_few_rows_in_the_page[desktop]",
        "test_long_list_keeps_few_rows_in_the_page[phone]",
        "test_long_list_keeps_few_rows_in_the_page[turned]",
    ),
    "tests/browser/test_machine.py": (
        "test_staff_see_the_process_that_serves_them",
        "test_tile_of_the_room_leads_to_the_section",
    ),
    "tests/browser/test_network.py": (
        "test_offline_edits_are_merged_with_edits_of_others",
        "test_page_shows_the_database_when_an_older_copy_is_put_back[restarted]",
    ),
    "tests/browser/test_now.py": (
        "test_crosshair_shows_the_counts_of_the_frames",
        "test_disconnected_page_looks_different_from_a_quiet_server",
        "test_first_line_says_that_redis_is_down_and_since_when",
    ),
    "tests/browser/test_parts.py": ("test_part_that_fails_leaves_the_rest_of_the_page",),
    "tests/browser/test_requests_section.py": (
        "test_filter_leaves_the_routes_that_it_describes",
        "test_table_is_sorted_and_opened_by_keyboard",
    ),
    "tests/browser/test_revoked_access.py": ("test_deleted_list_is_hidden_from_every_member",),
    "tests/browser/test_rows.py": ("test_ticked_row_goes_to_the_cart[no-preference]",),
    "tests/browser/test_screen_reader.py": (
        "test_section_is_read_by_names_in_order[Answers by code]",
        "test_section_is_read_by_names_in_order[Connection]",
        "test_section_is_read_by_names_in_order[Rejoins and endings]",
        "test_section_is_read_by_names_in_order[What the dashboard costs]",
    ),
    "tests/browser/test_server_away.py": (
        "test_button_is_offered_again_when_server_answers[ana-wall_panel]",
        "test_button_is_offered_again_when_server_answers[emil-join_page]",
        "test_button_is_offered_again_when_server_answers[None-join_page]",
        "test_button_is_offered_again_when_server_answers[None-setup_page]",
        "test_button_is_offered_again_when_server_answers[None-reset_page]",
    ),
    "tests/browser/test_setup.py": ("test_first_steps_of_the_owner_tick_themselves",),
    "tests/browser/test_shop_mode.py": (
        "test_phone_that_dies_is_gone_from_the_others[silent]",
        "test_screen_is_kept_on_and_viewers_may_not_shop",
    ),
    "tests/browser/test_suggestions.py": (
        "test_forgotten_name_is_restored_in_the_account",
        "test_forgotten_name_is_suggested_to_other_users_only",
        "test_name_that_the_server_knows_is_taken_with_its_details",
    ),
    "tests/browser/test_taps.py": (
        "test_list_is_changed",
        "test_list_is_shared",
        "test_weekly_shop",
    ),
    "tests/browser/test_theme.py": (
        "test_page_of_the_service_worker_asks_nothing_when_nobody_is_signed_in",
        "test_theme_of_the_account_sheet_is_that_of_all_pages",
    ),
    "tests/browser/test_together.py": (
        "test_nobody_is_claimed_to_be_here_while_the_connection_is_lost",
        "test_others_see_what_a_person_does_on_a_list",
        "test_what_is_new_is_marked_until_it_was_seen",
    ),
    "tests/browser/test_unsent_edits.py": (
        "test_badge_says_what_waits_while_server_is_down",
        "test_header_has_room_for_what_waits[320]",
        "test_header_has_room_for_what_waits[390]",
        "test_other_tab_sends_when_sending_tab_is_closed[lease]",
    ),
    "tests/browser/test_views.py": (
        "test_view_is_accessible_and_fits_small_screens[account_offline]",
        "test_view_is_accessible_and_fits_small_screens[activity_offline]",
        "test_view_is_accessible_and_fits_small_screens[added_item]",
        "test_view_is_accessible_and_fits_small_screens[aisle_choice]",
        "test_view_is_accessible_and_fits_small_screens[cart]",
        "test_view_is_accessible_and_fits_small_screens[clash]",
        "test_view_is_accessible_and_fits_small_screens[dashboard_help]",
        "test_view_is_accessible_and_fits_small_screens[dashboard_tables]",
        "test_view_is_accessible_and_fits_small_screens[delivery_for_members]",
        "test_view_is_accessible_and_fits_small_screens[doctor]",
        "test_view_is_accessible_and_fits_small_screens[doctor_with_fault]",
        "test_view_is_accessible_and_fits_small_screens[empty_list]",
        "test_view_is_accessible_and_fits_small_screens[find_missing_lists]",
        "test_view_is_accessible_and_fits_small_screens[first_steps]",
        "test_view_is_accessible_and_fits_small_screens[guest_account]",
        "test_view_is_accessible_and_fits_small_screens[import_preview]",
        "test_view_is_accessible_and_fits_small_screens[import_rejected]",
        "test_view_is_accessible_and_fits_small_screens[item_history]",
        "test_view_is_accessible_and_fits_small_screens[list_as_it_was]",
        "test_view_is_accessible_and_fits_small_screens[machine]",
        "test_view_is_accessible_and_fits_small_screens[menu]",
        "test_view_is_accessible_and_fits_small_screens[news]",
        "test_view_is_accessible_and_fits_small_screens[no_lists]",
        "test_view_is_accessible_and_fits_small_screens[offline]",
        "test_view_is_accessible_and_fits_small_screens[question]",
        "test_view_is_accessible_and_fits_small_screens[rejected_group]",
        "test_view_is_accessible_and_fits_small_screens[requests]",
        "test_view_is_accessible_and_fits_small_screens[share_offline]",
        "test_view_is_accessible_and_fits_small_screens[shop_end]",
        "test_view_is_accessible_and_fits_small_screens[shop_mode]",
        "test_view_is_accessible_and_fits_small_screens[shop_order]",
        "test_view_is_accessible_and_fits_small_screens[sorting]",
        "test_view_is_accessible_and_fits_small_screens[transfer_offline]",
        "test_view_is_accessible_and_fits_small_screens[typed_line]",
    ),
    "tests/docs/test_streaming_examples.py": ("test_example_misses_no_change_when_server_crashes",),
    "tests/live/contract/test_delivery_budget.py": (
        "TestSeveralProcesses::test_budget_adds_up_after_redis_was_away",
        "TestSeveralProcesses::test_socket_of_another_process_is_shown_and_disconnected",
        "TestSeveralProcesses::test_budget_adds_up_after_a_process_was_killed[uvicorn-redis-pubsub]",
        "test_client_that_stops_reading_is_named_before_it_is_closed",
        "test_client_that_stops_reading_is_named_before_the_buffers_are_full[uvicorn]",
        "test_staff_disconnects_a_client_that_does_not_read",
    ),
    "tests/live/contract/test_multi_process.py": (
        "test_shopper_who_dies_is_gone_in_every_process[uvicorn-redis-pubsub]",
    ),
    "tests/live/contract/test_overview_topics.py": (
        "test_change_reaches_overviews_of_another_process[uvicorn-redis-pubsub]",
        "test_change_reaches_overviews_when_redis_is_down",
    ),
    "tests/live/contract/test_revocation.py": (
        "test_ended_session_closes_its_sockets_and_no_others[in the same browser]",
    ),
    "tests/live/contract/test_slow_readers.py": (
        "test_clients_that_never_read_are_disconnected[daphne]",
        "test_slow_reader_is_bounded_and_gets_the_newest_version[daphne]",
    ),
    "tests/live/doctor/test_probes_of_processes.py": (
        "test_any_process_knows_what_became_of_a_handshake",
    ),
    "tests/live/doctor/test_silent_socket.py": (
        "test_nothing_is_sent_until_the_end[daphne]",
        "test_server_that_stops_closes_it",
        "test_third_socket_of_an_address_is_refused",
    ),
    "tests/live/test_machine_topic.py": (
        "test_days_left_come_from_what_was_stored_in_the_last_week",
        "test_size_of_what_is_stored_is_part_of_the_history",
    ),
    "tests/live/test_metrics.py": ("test_metrics_token_opens_no_other_address",),
    "tests/live/test_subscribing.py": (
        "test_snapshot_of_long_list_is_sent_in_parts_of_one_version",
        "test_two_thousand_resuming_clients_cost_five_queries",
    ),
    "tests/rest/test_database_errors.py": ("test_command_says_it_in_one_line",),
    "tests/security/test_bodies.py": (
        "test_malicious_body_returns_one_clear_error[whole-100,000 nested arrays]",
        "test_repeated_malicious_bodies_do_not_leak_memory",
    ),
    "tests/security/test_leaks.py": (
        "test_leak_detector_fails_a_run_that_logs_a_secret_in_a_worker",
    ),
    "tests/shopping_list/api/test_lists.py": (
        "test_list_pages_have_50_rows_by_default_and_200_at_most",
    ),
    "tests/shopping_list/api/test_shop_fields.py": ("test_bought_item_is_never_not_found",),
    "tests/shopping_list/api/test_suggestions.py": ("test_frequently_used_names_come_first",),
    "tests/shopping_list/api/test_undo.py": (
        "TestActivities::test_since_sets_more_when_activities_remain",
        "test_restored_item_does_not_name_a_deleted_user",
    ),
    "tests/shopping_list/import_export/test_formats.py": (
        "test_csv_is_readable_by_the_standard_csv_reader",
        "test_csv_with_another_delimiter_round_trips",
        "test_export_of_several_lists_round_trips",
        "test_markdown_round_trips_the_main_fields",
    ),
    "tests/shopping_list/import_export/test_import_api.py": (
        "test_import_of_5000_lines_takes_few_queries",
    ),
    "tests/shopping_list/import_export/test_import_plan.py": (
        "test_import_has_the_same_result_as_adding_line_by_line",
        "test_import_of_5000_lines_is_one_change_and_few_queries",
    ),
    "tests/shopping_list/test_concurrency.py": (
        "test_eight_writers_with_rollbacks_leave_no_version_gap[sqlite]",
        "test_eight_writers_without_a_recording_leave_no_version_gap[sqlite]",
    ),
    "tests/shopping_list/test_migrations.py": (
        "test_lists_of_a_version_without_shops_keep_their_digests",
        "test_lists_of_an_older_version_get_their_digest_and_a_new_epoch",
    ),
    "tests/shopping_list/test_oracle.py": (
        "test_snapshot_with_later_changes_equals_the_next_snapshot[200]",
    ),
    "tests/system/test_backup.py": (
        "test_backup_of_older_version_is_migrated",
        "test_backup_that_cannot_be_restored_changes_nothing[with_row_twice-UNIQUE]",
        "test_backup_under_load_has_one_moment_and_moves_between_databases",
        "test_backups_are_private_and_the_oldest_are_deleted",
        "test_failed_restore_on_postgres_changes_nothing",
        "test_tables_are_changed_after_a_backup",
    ),
    "tests/system/test_close_codes.py": ("test_unresponsive_peer_is_disconnected",),
    "tests/system/test_compose_services.py": (
        "test_no_request_is_lost_while_processes_stop_and_start",
        "test_process_without_a_configured_key_refuses_to_start",
        "test_scaled_services_start_in_order_and_are_healthy",
    ),
    "tests/system/test_connections.py": ("test_hangup_stops_the_server_like_sigterm",),
    "tests/system/test_convergence.py": (
        "test_clients_converge_when_connections_are_lost",
        "test_clients_reconnect_when_the_installation_restarts",
        "test_killed_workers_lose_no_change",
    ),
    "tests/system/test_demo.py": (
        "test_demo_stops_quietly_when_the_terminal_interrupts_all_of_it",
        "test_killed_process_is_replaced_and_said",
        "test_older_copy_is_put_back_under_the_running_demo",
        "test_one_fault_runs_at_a_time",
        "test_redis_comes_back",
    ),
    "tests/system/test_doctor_proxies.py": (
        "test_apache_is_repaired_by_what_doctor_prints",
        "test_caddy_is_repaired_by_what_doctor_prints",
    ),
    "tests/system/test_history.py": (
        "test_nothing_that_was_shown_falls_when_all_processes_are_killed",
        "test_stopped_process_leaves_a_mark_and_its_totals",
        "test_worker_that_is_killed_alone_keeps_its_totals",
    ),
    "tests/system/test_hostile_sockets.py": (
        "test_generated_messages_crash_nothing_and_leak_nothing",
        "test_too_many_new_sockets_are_told_to_retry_and_open_ones_are_unaffected",
    ),
    "tests/system/test_machine.py": (
        "test_bytes_of_a_viewer_are_those_that_it_receives[cluster]",
        "test_bytes_of_a_viewer_are_those_that_it_receives[sqlite]",
        "test_cpu_of_a_busy_process_is_what_the_system_counts[cluster]",
        "test_each_process_has_a_card_with_its_memory_and_cpu",
    ),
    "tests/system/test_metrics_access.py": (
        "test_trusted_proxy_on_the_same_machine_needs_a_token",
    ),
    "tests/system/test_proxy_user.py": ("test_trusted_proxy_signs_in_pages_and_sockets",),
    "tests/system/test_request_counts.py": (
        "test_every_counter_equals_what_was_sent[daphne]",
        "test_processes_are_added_up_and_one_that_is_killed_keeps_its_counts",
        "test_throttled_and_failed_sign_ins_are_counted_by_network",
    ),
    "tests/system/test_restored_copies.py": (
        "test_screens_equal_database_when_copy_is_put_back_before_restart",
        "test_screens_equal_database_when_copy_is_put_back_under_running_process[postgres-as many]",
    ),
    "tests/system/test_run_script.py": (
        "test_frontend_is_built_once",
        "test_port_is_read_from_the_environment",
    ),
    "tests/system/test_serve.py": (
        "test_concurrent_starts_migrate_postgresql_once",
        "test_database_newer_than_the_code_is_an_error",
        "test_endless_chunked_body_is_rejected",
        "test_forwarded_headers_are_ignored_by_default",
        "test_owner_named_by_the_environment_is_created",
        "test_printed_setup_link_creates_the_owner",
        "test_second_process_on_the_same_data_is_an_error",
        "test_secret_key_is_private_and_not_printed",
        "test_server_starts_again_after_it_was_killed",
        "test_workers_stop_when_the_supervisor_is_killed",
    ),
    "tests/system/test_terminal.py": (
        "test_error_is_one_line[arguments1-needs --token-file]",
        "test_error_is_one_line[arguments4-/nowhere: No such file or directory]",
        "test_error_is_one_line[arguments5-this is no token]",
        "test_tail_continues_after_a_restart_of_the_server",
        "test_tail_of_all_lists_names_person_action_and_list",
    ),
    "tests/worlds/test_small_worlds.py": (
        "test_bug_is_detected_by_some_order[a gap is not repaired]",
    ),
    "tests/worlds/test_worlds.py": (
        "test_bug_is_detected_when_it_is_put_in[a database that went back is not noticed]",
        "test_bug_is_detected_when_it_is_put_in[a new subscriber gets what was published before]",
        "test_history_is_same_in_processes_with_other_hash_seeds",
        "test_worlds_break_no_promise",
    ),
}
VIEWS_IN_GERMAN = "tests/browser/test_languages.py::test_view_is_german_accessible_and_fits"
DEFAULT_VIEWS_IN_GERMAN = ("lists", "shop_mode", "account", "people")


_IDS = {f"{path}::{name}" for path, names in NAMES.items() for name in names}


def mark(items: list[pytest.Item], *, is_whole_suite: bool) -> None:
    """Mark these tests as extended. Raises UsageError for a name that no test has."""
    matched = set()
    for item in items:
        function, _, parameters = item.nodeid.partition("[")
        names = {item.nodeid, function} & _IDS
        matched |= names
        is_german_view = function == VIEWS_IN_GERMAN
        if names or (is_german_view and parameters.rstrip("]") not in DEFAULT_VIEWS_IN_GERMAN):
            item.add_marker(pytest.mark.extended)
    if is_whole_suite and (missing := _IDS - matched):
        raise pytest.UsageError(f"tests/extended_tests.py names no test: {sorted(missing)}")
