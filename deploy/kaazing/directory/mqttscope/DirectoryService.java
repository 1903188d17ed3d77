package mqttscope;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collection;
import java.util.List;
import org.kaazing.gateway.service.Service;
import org.kaazing.gateway.service.ServiceContext;
import org.kaazing.gateway.service.ServiceFactorySpi;
import org.kaazing.gateway.transport.IoHandlerAdapter;
import org.kaazing.gateway.transport.http.HttpAcceptSession;
import org.kaazing.gateway.transport.http.HttpMethod;
import org.kaazing.gateway.transport.http.HttpStatus;
import org.kaazing.gateway.transport.http.HttpUtils;
import org.kaazing.mina.core.buffer.IoBufferEx;

/**
 * Kaazing's service of type "directory", as far as this page needs it: files of a folder under web, with the
 * types of the configuration. Kaazing's own is in its distribution, but not on Maven Central.
 */
public final class DirectoryService extends IoHandlerAdapter<HttpAcceptSession> implements Service {

    /** Found by the gateway through META-INF/services. */
    public static final class Factory extends ServiceFactorySpi {
        @Override
        public Collection<String> getServiceTypes() {
            return List.of("directory");
        }

        @Override
        public Service newService(String type) {
            return new DirectoryService();
        }
    }

    private ServiceContext context;
    private Path folder;
    private String welcomeFile;

    @Override
    public String getType() {
        return "directory";
    }

    @Override
    public void init(ServiceContext context) throws IOException {
        this.context = context;
        String name = context.getProperties().get("directory");
        folder = context.getWebDirectory().toPath().resolve(name.replaceFirst("^/+", "")).toRealPath();
        welcomeFile = context.getProperties().get("welcome-file");
    }

    @Override
    public void start() {
        context.bind(context.getAccepts(), this);
    }

    @Override
    public void stop() {
        quiesce();
    }

    @Override
    public void quiesce() {
        context.unbind(context.getAccepts(), this);
    }

    @Override
    public void destroy() {
    }

    @Override
    protected void doSessionOpened(HttpAcceptSession session) throws IOException {
        Path file = fileFor(session);
        if (session.getMethod() != HttpMethod.GET) {
            session.setStatus(HttpStatus.CLIENT_METHOD_NOT_ALLOWED);
        } else if (file == null) {
            session.setStatus(HttpStatus.CLIENT_NOT_FOUND);
        } else {
            String name = file.getFileName().toString();
            String type = context.getContentType(name.substring(name.lastIndexOf('.') + 1));
            if (type != null) {
                session.setWriteHeader("Content-Type", type);
            }
            IoBufferEx content = HttpUtils.getBufferForFile(session.getBufferAllocator(), file.toFile());
            session.setWriteHeader("Content-Length", Integer.toString(content.remaining()));
            session.write(content);
        }
        session.close(false);
    }

    /** The file that is asked for, null if there is none in the folder, wherever ".." or a link may lead. */
    private Path fileFor(HttpAcceptSession session) throws IOException {
        Path file = folder.resolve(session.getPathInfo().getPath().replaceFirst("^/+", ""));
        if (Files.isDirectory(file) && welcomeFile != null) {
            file = file.resolve(welcomeFile);
        }
        return Files.isRegularFile(file) && file.toRealPath().startsWith(folder) ? file : null;
    }
}
