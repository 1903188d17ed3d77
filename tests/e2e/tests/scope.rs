//! The scope: filter, rows, inspector, files, many packets, and that everybody can use it.

use mqttscope_e2e::broker::{Act, ScriptedBroker};
use mqttscope_e2e::chain::{Chain, Version};
use mqttscope_e2e::scenarios;
use mqttscope_e2e::stage;

mqttscope_e2e::scenario_tests! { mqttscope_e2e::chain::Chain::own(mqttscope_e2e::chain::Version::V31);
    access: light, dark;
    chart: shows_numbers_over_time;
    compare: the_message_before_is_one_click_away;
    export: others_read_it, only_what_is_found, the_password_on_demand;
    filter: leaves_what_it_names, says_where_it_is_wrong, completes, remembers,
        is_live_and_leads_from_match_to_match, loses_no_character, leaves_keys_to_input_methods;
    import: its_own_exports, a_capture_of_others, a_broken_file, days_have_their_own_local_time,
        files_are_dropped;
    inspector: fields_mark_their_bytes, payloads_in_each_format, an_image_and_five_megabytes,
        the_handshake_with_duplicates, statistics_count_packets;
    connections: are_saved_by_name, go_on_after_a_reload;
    together: one_publishes_and_the_other_receives, forms_are_of_the_chosen_one, sessions_go_on_over_a_reload;
    link: connects_once_the_person_agrees, does_not_connect_where_it_is_refused, is_copied_without_the_password;
    leaving: asks_before_packets_are_lost, is_kept_awake_while_connected;
    messages: bytes_are_given_in_hex_and_json_becomes_cbor, what_is_no_json_is_refused_at_its_place_and_can_be_sent,
        an_empty_message_clears_the_retained_one, several_files_are_sent_one_after_the_other,
        a_counter_is_published_every_so_often, prepared_messages_are_kept_and_sent_in_turn,
        what_was_sent_is_sent_again;
    room: all_is_in_view_at_1280_by_800, a_zoomed_page_shows_eight_rows, targets_are_large_enough,
        columns_are_dragged_fitted_and_reordered, a_row_has_a_menu, keys_go_from_pane_to_pane,
        the_bar_at_the_foot_leads_on, the_connection_folds_to_a_line, a_phone_is_told_what_became_of_a_message;
    rows: columns_are_hidden_and_shown, pause_holds_the_view, keys_select_and_reveal,
        goes_to_a_number_and_a_time, a_row_is_copied, panes_take_the_size_they_are_given;
    settings: each_tab_has_its_own, a_duplicated_tab_is_another_client, a_link_is_remembered_once_it_is_used,
        a_password_is_stored_only_on_demand;
    topics: show_last_values_and_filter_the_log, clear_retained_messages_below;
}

#[test]
fn a_violation_stands_at_its_byte() {
    stage::run("violation", async |stage| {
        let broker = ScriptedBroker::start(vec![Act::Receive, Act::send("20 02 06 00"), Act::Stay])?;
        let mut chain = Chain::own_before(broker.address(), Version::V311)?;
        scenarios::inspector::a_violation_stands_at_its_byte(stage, &mut chain).await
    });
}

#[test]
fn an_answer_that_does_not_come() {
    stage::run("unanswered", async |stage| {
        let broker = ScriptedBroker::start(vec![Act::Receive, Act::send("20 02 00 00"), Act::Stay])?;
        let mut chain = Chain::own_before(broker.address(), Version::V311)?;
        scenarios::inspector::an_answer_that_does_not_come(stage, &mut chain).await
    });
}

#[test]
fn a_hundred_thousand_packets() {
    stage::run("many", async |stage| {
        let broker = ScriptedBroker::start(scenarios::many::script())?;
        let mut chain = Chain::own_before(broker.address(), Version::V311)?;
        scenarios::many::stay_usable(stage, &mut chain).await
    });
}
