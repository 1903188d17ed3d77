fn main() {
    mqttscope::app::mount();
}
