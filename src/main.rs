fn main() {
    yew::Renderer::<mqttscope::app::App>::new().render();
}
